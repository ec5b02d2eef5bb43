"""Builders of content databases with small and random trees, opened as in the public API."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from le_utils.constants.labels import levels, subjects

from chalicelib.content_databases.database import ContentDatabase, Source
from chalicelib.domain.trees.shape import Places, shape_of
from chalicelib.domain.types import Snapshot
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import Branch, make_channel, make_file, resource, topic, tree, write_database

TREE_ID = 7
TITLES = ("Straße und Haus", "STRASSE", "Ελλάς", "ελλασ, haus", "", "100% sure_thing", "日本語 の本")
AUTHORS = ("", "Ann", "Bob; Co")
LANGUAGES = (None, "en", "pt-BR", "zh-CN")
TAGS = ("a", "b b", "ц")
CATEGORIES = (subjects.MATHEMATICS, subjects.ALGEBRA, subjects.SCHOOL, subjects.WORK)
GRADES = (levels.PRESCHOOL, levels.TERTIARY)


class CountingDatabase(ContentDatabase):
    """Counts SQL statements."""

    statements = 0

    def rows(self, sql: str, parameters: Any = ()) -> list[sqlite3.Row]:
        self.statements += 1
        return super().rows(sql, parameters)


def snapshot_of(*branches: Branch, **fields: Any) -> Snapshot:
    return freeze(make_channel(inherit_metadata=False), tree(*branches, **fields), 1)


@contextmanager
def opened(snapshot: Snapshot, folder: Path, files_url: str = "") -> Iterator[Source]:
    """The content database of a snapshot, which is open within the block."""
    path = folder / "content.sqlite3"
    write_database(snapshot, path)
    database = CountingDatabase(path)
    yield Source(database, TREE_ID, files_url)
    database.close()


def statements(source: Source) -> int:
    """How many statements an opened snapshot has run."""
    assert isinstance(source.database, CountingDatabase)
    return source.database.statements


def places(snapshot: Snapshot) -> dict[str, tuple[int, int]]:
    """(`lft`, `rght`) of each node by node_id."""
    found = Places(shape_of(snapshot["nodes"]))
    return {node["node_id"]: (place.left, place.right) for node in snapshot["nodes"] for place in [found.of(node)]}


def parents(snapshot: Snapshot) -> dict[str, str | None]:
    """The node_id of each node's parent by node_id."""
    node_ids = {node["id"]: node["node_id"] for node in snapshot["nodes"]}
    return {node["node_id"]: node_ids.get(node["parent_id"] or "") for node in snapshot["nodes"]}


def node_ids(snapshot: Snapshot) -> list[str]:
    return [node["node_id"] for node in snapshot["nodes"]]


def _some(values: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2)


def _fields(kinds: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(kinds),
            "title": st.sampled_from(TITLES),
            "description": st.sampled_from(TITLES),
            "author": st.sampled_from(AUTHORS),
            "language": st.sampled_from(LANGUAGES),
            "tags": _some(TAGS),
            "categories": _some(CATEGORIES),
            "grade_levels": _some(GRADES),
            "role_visibility": st.sampled_from(("learner", "learner", "coach")),
            "extra_fields": st.sampled_from(({}, {}, {"options": {"modality": "QUIZ"}})),
            "content_id": st.sampled_from([letter * 32 for letter in "abc"]),
        }
    )


def _branches(shapes: list[Any], above: str = "") -> list[Branch]:
    branches = []
    for number, shape in enumerate(shapes):
        name = f"{above}.{number}"
        if isinstance(shape, dict):
            branches.append(resource(name, files=[make_file(name), make_file(f"t{name}", "video_subtitle")], **shape))
        else:
            fields, children = shape
            branches.append(topic(name, *_branches(children, name), **fields))
    return branches


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Trees of up to about forty nodes that differ in all filterable fields, some with prerequisites."""
    leaves = _fields(("document", "video", "exercise", "html5"))
    shapes = st.recursive(
        leaves, lambda inner: st.tuples(_fields(("topic",)), st.lists(inner, max_size=20)), max_leaves=30
    )
    snapshot = snapshot_of(*_branches(draw(st.lists(shapes, max_size=16))))
    ids = [node["id"] for node in snapshot["nodes"]]
    for first, second in draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=4)):
        node = snapshot["nodes"][ids.index(first)]
        if second not in (first, *node["prerequisites"]):
            node["prerequisites"].append(second)
    return snapshot
