"""Published databases, compared with those that are made of the same trees without faults."""

import hashlib
import sqlite3
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

from chalicelib.domain.storage_keys import database_key
from chalicelib.models.channels import Channel
from chalicelib.models.derived_files import DerivedFile
from tests.chaos.chefs import FILES
from tests.conftest import BUCKET
from tests.support.worlds import storage

if TYPE_CHECKING:
    from tests.chaos.run import Run

# Columns of content_channelmetadata that are of a version, not of the tree.
OF_VERSION = ("version", "last_updated")
Rows = dict[str, list[Any]]


def rows(database: bytes) -> Rows:
    """All rows by table, without what differs between two versions of the same tree."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(database)
        file.flush()
        with closing(sqlite3.connect(file.name)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            return {name: _rows_of(connection, name) for (name,) in names}


def _rows_of(connection: sqlite3.Connection, table: str) -> list[Any]:
    found = connection.execute(f"SELECT * FROM {table}")
    columns = [column[0] for column in found.description]
    return sorted(
        repr([(name, value) for name, value in zip(columns, row, strict=True) if name not in OF_VERSION])
        for row in found
    )


def problems(run: "Run") -> list[str]:
    """What differs from what a publish makes of the same trees if nothing is there that an earlier one has made."""
    before, found = _published(run), []
    _forget_what_publishing_made(run)
    run.publish_all()
    run.world.hub.run()
    after = _published(run)
    for id, (version, database) in before.items():
        assert after[id][0] == version + 1, f"channel {id} was not published again after version {version}"
        one, other = rows(database), rows(after[id][1])
        found += [f"channel {id}, {name}: {one[name]} is {other[name]}" for name in one if one[name] != other[name]]
    return found


def _published(run: "Run") -> dict[str, tuple[int, bytes]]:
    live = [channel for channel in storage.stored(run.cloud, Channel) if channel.version and not channel.deleted]
    return {channel.id: (int(channel.version), run.world.studio.database(channel.id)) for channel in live}


def _forget_what_publishing_made(run: "Run") -> None:
    """Delete archives, thumbnails and what is known of them, and which tree was published."""
    for entry in storage.stored(run.cloud, DerivedFile):
        entry.delete()
    for channel in storage.stored(run.cloud, Channel):
        if channel.version:
            Channel(channel.id).update([Channel.published_digest.remove(), Channel.settled.remove()])
    sent = {name_of_file(run, number) for number in range(FILES)}
    for key in run.cloud.objects():
        if key.startswith("content/storage/") and key.rpartition("/")[2] not in sent:
            run.cloud.s3.delete_object(Bucket=BUCKET, Key=key)


def name_of_file(run: "Run", number: int) -> str:
    data, extension, _ = run.world.file(number)
    return f"{hashlib.md5(data).hexdigest()}.{extension}"


def missing_files(run: "Run") -> list[str]:
    """The files that published databases name and the bucket does not have."""
    keys, found = {key.rpartition("/")[2] for key in run.cloud.objects()}, []
    for channel in storage.stored(run.cloud, Channel):
        versions = range(1, int(channel.version) + 1) if not channel.deleted else []
        for version in versions:
            names = storage.files_in(run.world.studio.database(channel.id, version)) - keys
            found += [f"version {version} of channel {channel.id} names {name}" for name in sorted(names)]
        if versions:
            key = database_key(channel.id)
            newest = run.cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            if newest != run.world.studio.database(channel.id, int(channel.version)):
                found.append(f"{key} is not version {channel.version}")
    return found
