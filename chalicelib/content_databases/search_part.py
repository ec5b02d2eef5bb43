"""Index parts: the search index entries of one published version of a channel, in an SQLite file.

A part is written with its version. The search index is built only from parts, so it can be rebuilt at any time.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from le_utils.constants import content_kinds, licenses, roles

from chalicelib.domain.types import Snapshot
from chalicelib.sqlite import sqlite3

_LICENSE_IDS = {license.name: license.id for license in licenses.LICENSELIST}
# Ids are 16 bytes; times are seconds since 1970.
COLUMNS = (
    "id",
    "node_id",
    "content_id",
    "parent",
    "kind",
    "title",
    "language",  # in lower case
    "license",  # le_utils id
    "is_coach",
    "resource_count",  # published resources among the descendants
    "original_channel_id",  # if copied from another channel; the caller's permission is checked when searching
    "created",  # first publish of this node_id in this channel
)
TEXTS = ("description", "author", "tags")  # only searchable
_SCHEMA = (
    "CREATE TABLE about (channel_id TEXT, version INTEGER, root_id BLOB, name TEXT)",
    f"CREATE TABLE node (number INTEGER PRIMARY KEY, {', '.join(COLUMNS + TEXTS)})",
)


def write_part(path: Path, snapshot: Snapshot, at: datetime, old: Path | None) -> None:
    """Write the part of a version to a new file, without the root, as channels are searched in separate lists.

    `at` is the time of the version; `old` is the part of the previous version.
    """
    known = _created(old) if old else {}
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("BEGIN")
        root_id = bytes.fromhex(snapshot["nodes"][0]["id"])
        channel = snapshot["channel"]
        about = (channel["id"], snapshot["version"], root_id, channel["name"])
        connection.execute("INSERT INTO about VALUES (?, ?, ?, ?)", about)
        marks = ", ".join("?" for _ in COLUMNS + TEXTS)
        rows = _rows(snapshot, int(at.timestamp()), known)
        connection.executemany(f"INSERT INTO node VALUES (NULL, {marks})", rows)  # noqa: S608 (placeholders only)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _created(path: Path) -> dict[bytes, int]:
    connection = sqlite3.connect(path)
    try:
        return dict(connection.execute("SELECT node_id, min(created) FROM node GROUP BY node_id").fetchall())
    finally:
        connection.close()


def _rows(snapshot: Snapshot, at: int, known: Mapping[bytes, int]) -> Iterator[tuple[Any, ...]]:
    counts = _resource_counts(snapshot)
    own = snapshot["channel"]["id"]
    for node in snapshot["nodes"][1:]:
        node_id, original = bytes.fromhex(node["node_id"]), node["original_channel_id"] or own
        yield (
            bytes.fromhex(node["id"]),
            node_id,
            bytes.fromhex(node["content_id"]),
            bytes.fromhex(node["parent_id"] or ""),
            node["kind"],
            node["title"],
            (node["language"] or "").lower(),
            _LICENSE_IDS.get(node["license"] or ""),
            node["role_visibility"] == roles.COACH,
            counts.get(node["id"], 0),
            None if original == own else bytes.fromhex(original),
            known.get(node_id, at),
            node["description"],
            node["author"],
            "\n".join(node["tags"]),
        )


def _resource_counts(snapshot: Snapshot) -> dict[str, int]:
    """The number of resources among the descendants of each topic; topics without any are left out."""
    counts: dict[str, int] = {}
    for node in reversed(snapshot["nodes"]):  # children before their parents
        below = 1 if node["kind"] != content_kinds.TOPIC else counts.get(node["id"], 0)
        if node["parent_id"]:
            counts[node["parent_id"]] = counts.get(node["parent_id"], 0) + below
    return counts
