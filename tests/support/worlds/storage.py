"""What users should be charged for, computed from the stored trees and databases without references."""

import hashlib
import re
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from unittest.mock import patch

from chalicelib.domain.storage_keys import DRAFT, checksum_of, database_key, storage_key
from chalicelib.models import stored_objects
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.channels import Channel, tree_names
from chalicelib.models.children import Child
from chalicelib.models.file_references import FileReference, name_of
from chalicelib.models.nodes import Node
from chalicelib.models.uploads import Upload
from chalicelib.models.users import User
from chalicelib.operations.storage import recount
from tests.conftest import BUCKET, PREFIX
from tests.support.aws.cloud import Cloud
from tests.support.aws.moto_internals import later
from tests.support.http.client import WORKERS, Studio

MAX_ROUNDS = 50
Uses = dict[str, set[str]]  # names of files by channel


def stored(cloud: Cloud, model: Any) -> list[Any]:
    return [model.from_raw_data(raw) for raw in cloud.items(model.Meta.table_name.removeprefix(PREFIX))]


def uses_of_trees(cloud: Cloud) -> Uses:
    """The files of all trees of the channels, with questions and thumbnails."""
    nodes = {node.id: node for node in stored(cloud, Node)}
    below = defaultdict(list)
    for edge in stored(cloud, Child):
        below[edge.parent_id].append(edge.node_id)
    items = defaultdict(list)
    for item in stored(cloud, AssessmentItem):
        items[item.contentnode_id].append(item)
    found: Uses = {}
    for channel in stored(cloud, Channel):
        names = {channel.thumbnail} if channel.thumbnail else set()
        stack = [root_id for root_id in tree_names(channel).values() if root_id]
        while stack:
            node_id = stack.pop()
            stack += below[node_id]
            parts = [nodes[node_id], *items[node_id]] if node_id in nodes else []
            names |= {name_of(file) for part in parts for file in part.files}
        found[channel.id] = names
    return found


def uses_of_versions(cloud: Cloud, names: set[str]) -> Uses:
    """Those of the files that published versions and drafts name."""
    found: Uses = {}
    for channel in stored(cloud, Channel):
        versions: list[int | str] = list(range(1, int(channel.version) + 1))
        versions += [DRAFT] if channel.draft_token else []
        found[channel.id] = set()
        for version in versions:
            body = cloud.s3.get_object(Bucket=BUCKET, Key=database_key(channel.id, version))["Body"].read()
            found[channel.id] |= files_in(body) & names
    return found


def uses_of_databases(cloud: Cloud) -> Uses:
    """All files in databases of versions and drafts that exist, shown or withdrawn."""
    found: Uses = {}
    for entry in cloud.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        name = DATABASE.fullmatch(entry["Key"])
        if name and entry["ETag"] not in _read:
            body = cloud.s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
            _read[entry["ETag"]] = frozenset(files_in(body))
        if name:
            found.setdefault(name[1], set()).update(_read[entry["ETag"]])
    return found


DATABASE = re.compile("(?:content|withdrawn)/databases/([0-9a-f]{32})-(?:[0-9]+|next).sqlite3")
_read: dict[str, frozenset[str]] = {}  # files of databases by ETag, as most histories repeat them


def files_in(database: bytes) -> set[str]:
    """The names of the files of a content database."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(database)
        file.flush()
        with closing(sqlite3.connect(file.name)) as connection:
            rows = connection.execute("SELECT id, extension FROM content_localfile").fetchall()
    return {".".join(row) for row in rows}


def expected(cloud: Cloud, sizes: dict[str, int]) -> dict[str, int]:
    """The bytes that each user should be charged for; `sizes` are those of all files by name."""
    of_trees, of_versions = uses_of_trees(cloud), uses_of_versions(cloud, set(sizes))
    names: dict[str, set[str]] = {user.id: set() for user in stored(cloud, User)}
    for channel in stored(cloud, Channel):
        if not channel.deleted and channel.owner_id:
            names[channel.owner_id] |= of_trees[channel.id] | of_versions[channel.id]
    for row in stored(cloud, Upload):
        if row.expires and row.expires > time.time():
            names[row.user_id].add(row.filename)
    return {user_id: sum(sizes[name] for name in used) for user_id, used in names.items()}


def used(cloud: Cloud) -> dict[str, int]:
    """The bytes that each user is charged for."""
    return {user.id: int(user.disk_space - user.disk_space_left) for user in stored(cloud, User)}


def charged(cloud: Cloud) -> dict[str, int]:
    """The sum of the items of each user."""
    sums = {user.id: 0 for user in stored(cloud, User)}
    for row in stored(cloud, Upload):
        sums[row.user_id] += int(row.file_size)
    return sums


def unreferenced(cloud: Cloud) -> set[tuple[str, str]]:
    """(channel, file) of all uses without a reference: there must never be any."""
    known = {(entry.channel_id, entry.filename) for entry in stored(cloud, FileReference)}
    uses = [*uses_of_trees(cloud).items(), *uses_of_databases(cloud).items()]
    return {(id, name) for id, names in uses for name in names} - known


def drain(studio: Studio) -> None:
    """Deliver all messages, also those that are delayed."""
    for number in range(1, MAX_ROUNDS):
        if not any(map(studio.cloud.waiting, WORKERS)):
            return
        with later(1000 * number):  # messages that are sent meanwhile may be delayed, too
            studio.deliver(*WORKERS)
    with later(1000 * MAX_ROUNDS):
        raise AssertionError(f"Messages keep coming: {studio.cloud.bodies(*WORKERS)}")


def recount_all(studio: Studio) -> None:
    """Recount, as if all references were old."""
    age, recount.MIN_AGE = recount.MIN_AGE, -10
    try:
        studio.send("maintenance", {"jobs": [{"job": "recount_storage"}]})
        drain(studio)
    finally:
        recount.MIN_AGE = age


def let_uploads_expire(studio: Studio) -> None:
    """End all uploads under way, as if a day had passed, and run the schedule."""
    past = int(time.time()) - 5
    for row in stored(studio.cloud, Upload):
        if row.expires:
            hour = time.strftime("%Y-%m-%dT%H", time.gmtime(past))
            Upload(row.user_id, row.filename).update([Upload.expires.set(past), Upload.expires_hour.set(hour)])
    studio.send("maintenance", {"jobs": [{"job": "expire_uploads"}]})
    drain(studio)


def put(studio: Studio, data: bytes, extension: str) -> str:
    """Store a file without charging anybody; returns its name."""
    checksum = hashlib.md5(data).hexdigest()
    studio.put(checksum, extension, data)
    return f"{checksum}.{extension}"


def note_all(studio: Studio) -> None:
    """Record all stored files, as the notifications of S3 do."""
    for key in studio.cloud.objects():
        if checksum_of(key):
            stored_objects.remember(key.rpartition("/")[2], 1)


@contextmanager
def versioned(cloud: Cloud) -> Iterator[None]:
    """Let the bucket keep versions, as in AWS."""
    bucket = {"Bucket": BUCKET}
    cloud.s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    yield
    cloud.s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})


@contextmanager
def after(days: float) -> Iterator[None]:
    """Set the clock forward, or back."""
    real = time.time
    with patch("time.time", lambda: real() + days * 24 * 3600):
        yield


def collect(studio: Studio, days: float = 0) -> None:
    """Recount and collect as the schedules do, some days later, and deliver the messages."""
    with after(days):
        recount_all(studio)
        studio.send("maintenance", {"jobs": [{"job": "collect_files"}]})
        drain(studio)


def collect_unused(studio: Studio) -> None:
    """Collect what nothing uses, as if it had been unused for long."""
    collect(studio)
    collect(studio, 31)


def is_stored(cloud: Cloud, name: str) -> bool:
    return storage_key(*name.split(".")) in cloud.objects()
