"""Index parts: the search index entries of one published version of a channel, in an SQLite file.

A part is written with its version. The search index is built only from parts, so it can be rebuilt at any time.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from le_utils.constants import licenses, roles

from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.shape import Shape
from chalicelib.domain.types import SnapshotNode
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


def write_part(path: Path, tree: FrozenTree, shape: Shape, at: datetime, old: Path | None) -> None:
    """Write the part of a version, whose tree has this shape, to a new file, without the root, as channels are
    searched in separate lists.

    `at` is the time of the version; `old` is the part of the previous version.
    """
    known = _created(old) if old else {}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("BEGIN")
        nodes = tree.nodes()
        root_id = bytes.fromhex(next(nodes)["id"])
        about = (tree.channel["id"], tree.version, root_id, tree.channel["name"])
        connection.execute("INSERT INTO about VALUES (?, ?, ?, ?)", about)
        marks = ", ".join("?" for _ in COLUMNS + TEXTS)
        rows = _rows(nodes, tree.channel["id"], shape.resources, int(at.timestamp()), known)
        connection.executemany(f"INSERT INTO node VALUES (NULL, {marks})", rows)  # noqa: S608 (placeholders only)
        connection.execute("COMMIT")


def _created(path: Path) -> dict[bytes, int]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT node_id, min(created) FROM node GROUP BY node_id"))


def _rows(
    nodes: Iterator[SnapshotNode], own: str, resources: Sequence[int], at: int, known: Mapping[bytes, int]
) -> Iterator[tuple[Any, ...]]:
    """The rows of the nodes after the root, which have the positions from 1."""
    for position, node in enumerate(nodes, start=1):
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
            resources[position],
            None if original == own else bytes.fromhex(original),
            known.get(node_id, at),
            node["description"],
            node["author"],
            "\n".join(node["tags"]),
        )
