"""The files of a channel's published versions and of its draft, as their content databases name them.

The files of all versions are listed in one object per channel, which is made of the databases when it is first needed,
and extended by those of newer versions. So a publish does nothing for it.
"""

import gzip
import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from chalicelib.aws import storage
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.domain.storage_keys import DRAFT, database_key, retained_files_key
from chalicelib.models.channels import Channel


class _List(TypedDict):
    version: int  # the newest version that is included
    files: dict[str, int]  # sizes in bytes by filename


def among(channel: Channel, names: set[str]) -> dict[str, int]:
    """The sizes of those of these files that a published version or the draft of the channel has, by filename."""
    found = _of_versions(channel) if names else {}
    if names and channel.draft_token:
        found = {**found, **_in_database(database_key(channel.id, DRAFT))}
    return {name: found[name] for name in names if name in found}


def _of_versions(channel: Channel) -> dict[str, int]:
    if not channel.version:
        return {}
    listed = _read(channel.id)
    known = listed["version"]
    for version in range(known + 1, int(channel.version) + 1):
        found = _in_database(database_key(channel.id, version))
        if not found:  # not there at the moment: read it again next time
            break
        listed = {"version": version, "files": {**listed["files"], **found}}
    if listed["version"] > known:
        data = json.dumps(listed, separators=(",", ":")).encode()
        storage.put(retained_files_key(channel.id), gzip.compress(data, mtime=0), "application/gzip")
    return listed["files"]


def _read(channel_id: str) -> _List:
    try:
        found: _List = json.loads(gzip.decompress(storage.read(retained_files_key(channel_id))))
    except KeyError:
        return {"version": 0, "files": {}}
    return found


def _in_database(key: str) -> dict[str, int]:
    """The files of a database; none if it does not exist."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        try:
            storage.download(key, path)
        except KeyError:
            return {}
        with closing(ContentDatabase(path)) as database:
            return database.stored_files
