"""The files of a channel's published versions and of its draft, as their content databases name them.

A version uses its files as long as its database exists, also while that is withdrawn. The files of all versions are
listed in one object per channel, which is made of the databases when it is first needed, and extended by those of newer
versions. So a publish does nothing for it.
"""

import gzip
import json
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypedDict

from chalicelib.aws import storage
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.domain.storage_keys import DRAFT, database_key, retained_files_key, version_of, withdrawn_key
from chalicelib.errors import Busy
from chalicelib.models.channels import Channel

Entry = list[int]  # size in bytes, and the first and the last version that has the file, or had it between others


class _List(TypedDict):
    version: int  # the newest version that is included
    files: dict[str, Entry]  # by filename


def among(channel: Channel, names: set[str]) -> dict[str, int]:
    """The sizes of those of these files that a published version or the draft of the channel has, by filename."""
    found = every(channel) if names else {}
    return {name: found[name] for name in names if name in found}


def every(channel: Channel) -> dict[str, int]:
    """The sizes of all files of the channel's published versions and of its draft, by filename.

    Raises Busy if a database is being moved.
    """
    found = _of_versions(channel) if channel.version else {}
    if channel.draft_token:
        found = {**found, **(_in_database(database_key(channel.id, DRAFT)) or {})}
    return found


def _of_versions(channel: Channel) -> dict[str, int]:
    versions = sorted(version for version in set(_stored(channel.id)) if version <= channel.version)
    listed = _read(channel.id)
    known, files = listed["version"], listed["files"]
    for version in (version for version in versions if version > known):
        for name, size in _of_version(channel.id, version).items():
            entry = files.setdefault(name, [size, version, version])
            entry[2] = version
    used = {name: entry for name, entry in files.items() if _is_used(entry, versions)}
    if versions and versions[-1] > known:
        data = json.dumps({"version": versions[-1], "files": used}, separators=(",", ":")).encode()
        storage.put(retained_files_key(channel.id), gzip.compress(data, mtime=0), "application/gzip")
    return {name: entry[0] for name, entry in used.items()}


def _stored(channel_id: str) -> Iterator[int]:
    """The versions whose databases exist. They are copied before they are deleted, so none is missing while they move:
    those that are shown are listed first."""
    for prefix in (database_key(channel_id), withdrawn_key(channel_id, "")):
        for key in storage.all_keys(prefix.removesuffix(".sqlite3")):
            version = version_of(key)
            if version is not None:
                yield version


def _is_used(entry: Entry, versions: list[int]) -> bool:
    """Whether a version that exists may have a file."""
    _, first, last = entry
    at = bisect_left(versions, first)
    return at < len(versions) and versions[at] <= last


def _read(channel_id: str) -> _List:
    try:
        found: dict[str, Any] = json.loads(gzip.decompress(storage.read(retained_files_key(channel_id))))
    except KeyError:
        return {"version": 0, "files": {}}
    version = int(found["version"])
    # Lists of earlier versions have only the size.
    files = {name: [entry, 1, version] if isinstance(entry, int) else entry for name, entry in found["files"].items()}
    return {"version": version, "files": files}


def _of_version(channel_id: str, version: int) -> dict[str, int]:
    for key in (database_key(channel_id, version), withdrawn_key(channel_id, version)):
        found = _in_database(key)
        if found is not None:
            return found
    raise Busy(f"The database of version {version} of channel {channel_id} is being moved.")


def _in_database(key: str) -> dict[str, int] | None:
    """The files of a database; None if it does not exist."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        try:
            storage.download(key, path)
        except KeyError:
            return None
        with closing(ContentDatabase(path)) as database:
            return database.stored_files
