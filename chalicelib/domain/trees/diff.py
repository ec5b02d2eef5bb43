"""Comparison of two trees of a channel.

In memory are ids, parents and a digest of each node; data of nodes that differ is read from a shelf, such as a file.
Nodes are matched by node_id. If a tree has a node_id several times, its first occurrence matches the first one in the
other tree, and so on.
"""

import hashlib
import json
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from le_utils.constants import content_kinds

from chalicelib.domain.types import LABELS, FileData, NodeData

Key = tuple[str, int]  # node_id, and the number of earlier nodes in the tree with the same one
Line = dict[str, Any]

SECTIONS = (
    "added",
    "removed",
    "changed",
    "moved",
    "reordered",
    "files_added",
    "files_removed",
    "questions_added",
    "questions_removed",
    "questions_changed",
)
_ALWAYS_COUNTED = ("added", "removed", "changed", "moved")
_COMPARED = (
    "title",
    "description",
    "kind",
    "content_id",
    "language",
    "license",
    "license_description",
    "copyright_holder",
    "author",
    "aggregator",
    "provider",
    "role_visibility",
    "suggested_duration",
    "tags",
    "extra_fields",
    "assessment_item_count",
    *LABELS,
)


class Shelf(Protocol):
    """Where the data of nodes is, outside of memory if they are many."""

    def put(self, node: NodeData) -> int:
        """Add a node; returns its place."""

    def get(self, place: int) -> NodeData:
        """The node at a place."""


class Entry(NamedTuple):
    """What is in memory of a node: its id, parent (None: the root), kind, place on the shelf, and a digest of what is
    compared, except for `required`, the ids of its prerequisites."""

    id: str
    parent: Key | None
    kind: str
    place: int
    digest: bytes
    required: tuple[str, ...]


class Tree:
    """The nodes of a tree by key, in tree order and without the root. They are read as a stream, root first."""

    def __init__(self, nodes: Iterable[NodeData], shelf: Shelf) -> None:
        self.root_id: str | None = None
        self.entries: dict[Key, Entry] = {}
        self.keys: dict[str, Key] = {}  # by id
        self._shelf = shelf
        self._seen: Counter[str] = Counter()  # of node_ids that are there several times
        self._kinds: Counter[str] = Counter()
        self._files: set[bytes] = set()  # checksums
        self._bytes = 0  # of these files
        self._questions = 0
        for node in nodes:
            if self.root_id is None:
                self.root_id = node["id"]
            else:
                self._add(node)

    def _add(self, node: NodeData) -> None:
        key = (node["node_id"], self._seen[node["node_id"]])
        if key in self.entries:
            self._seen[node["node_id"]] += 1
            key = (node["node_id"], self._seen[node["node_id"]])
        parent, kind = self.keys.get(node["parent_id"] or ""), sys.intern(node["kind"])
        entry = Entry(node["id"], parent, kind, self._shelf.put(node), _digest(node), tuple(node["prerequisites"]))
        self.entries[key], self.keys[entry.id] = entry, key
        self._kinds[kind] += 1
        self._questions += node["assessment_item_count"]
        for file in node["files"]:
            checksum = bytes.fromhex(file["checksum"])
            self._bytes += file["file_size"] if checksum not in self._files else 0
            self._files.add(checksum)

    def node(self, key: Key) -> NodeData:
        """The data of a node."""
        return self._shelf.get(self.entries[key].place)

    def without(self, other: "Tree") -> Iterator[Key]:
        """The nodes that are missing from the other tree."""
        return (key for key in self.entries if key not in other.entries)

    def totals(self) -> dict[str, Any]:
        """The numbers of nodes by kind, of questions and of distinct files, and the files' size in bytes."""
        return {
            "kind_count": dict(sorted(self._kinds.items())),
            "question_count": self._questions,
            "file_count": len(self._files),
            "file_size": self._bytes,
        }


def _digest(node: NodeData) -> bytes:
    """A digest of what is compared of a node: if it is equal, the nodes are."""
    values = [_value(node, name) for name in _COMPARED], sorted(map(str, _files(node)))
    return hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16).digest()


def compare(before: Tree, after: Tree) -> Iterator[tuple[str, Line]]:
    """Compare two trees: yields (section, line) of the sections about nodes and files, each in tree order.

    Roots are not compared. A node has moved if it has another parent; among the other siblings, as few as possible are
    listed as reordered.
    """
    common = [key for key in after.entries if key in before.entries]
    yield from (("added", line_of(after.node(key))) for key in after.without(before))
    yield from (("removed", line_of(before.node(key))) for key in before.without(after))
    yield from (("changed", line) for line in _changed(before, after, common))
    for key in common:
        if before.entries[key].parent != after.entries[key].parent:
            yield "moved", _moved(before, after, key)
    yield from (("reordered", line_of(after.node(key))) for key in _reordered(before, after, common))
    yield from (("files_added", line) for line in _files_only_in(after, before))
    yield from (("files_removed", line) for line in _files_only_in(before, after))


def exercises(before: Tree, after: Tree) -> Iterator[tuple[str | None, str | None, NodeData]]:
    """All exercises: (id in the old tree, id in the new tree, the node). The new tree's node is used if it has one."""
    for key in (*before.entries, *after.without(before)):
        ids = _exercise_id(before, key), _exercise_id(after, key)
        if any(ids):
            yield *ids, (after if key in after.entries else before).node(key)


def sentence(counts: dict[str, int]) -> str:
    """The numbers of lines as a sentence. Sections other than the main ones are left out if they are empty."""
    shown = {name: count for name, count in counts.items() if count or name in _ALWAYS_COUNTED}
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in shown.items()) + "."


def line_of(node: NodeData) -> Line:
    """A node, as listed in a section."""
    return {"id": node["id"], "node_id": node["node_id"], "title": node["title"], "kind": node["kind"]}


def _changed(before: Tree, after: Tree, common: list[Key]) -> Iterator[Line]:
    for key in common:
        one, other = before.entries[key], after.entries[key]
        fields = []
        if one.digest != other.digest:
            old, new = before.node(key), after.node(key)
            fields = [name for name in _COMPARED if _value(old, name) != _value(new, name)]
        if _prerequisites(before, one) != _prerequisites(after, other):
            fields.append("prerequisites")
        if one.digest != other.digest and _files(old).keys() != _files(new).keys():
            fields.append("files")
        if fields:
            yield {**line_of(after.node(key)), "fields": fields}


def _value(node: NodeData, name: str) -> Any:
    """A field's value, with lists sorted: the order of tags and labels is not a change."""
    value = node[name]  # type: ignore[literal-required]
    return sorted(value) if isinstance(value, list) else value


def _prerequisites(tree: Tree, entry: Entry) -> set[Key]:
    return {tree.keys[id] for id in entry.required if id in tree.keys}


def _moved(before: Tree, after: Tree, key: Key) -> Line:
    """A node with the node_ids of its old and new parent, None for the root."""
    old, new = before.entries[key].parent, after.entries[key].parent
    parents = {"old_parent": old[0] if old else None, "new_parent": new[0] if new else None}
    return {**line_of(after.node(key)), **parents}


def _reordered(before: Tree, after: Tree, common: list[Key]) -> list[Key]:
    places = {key: place for place, key in enumerate(before.entries)}
    siblings: dict[Key | None, list[Key]] = {}
    for key in common:
        parent = after.entries[key].parent
        if before.entries[key].parent == parent:
            siblings.setdefault(parent, []).append(key)
    out_of_order = {key for keys in siblings.values() for key in _out_of_order(keys, places)}
    return [key for key in common if key in out_of_order]


def _out_of_order(keys: list[Key], places: dict[Key, int]) -> list[Key]:
    """The smallest set of keys without which the others are in their old order."""
    tails: list[int] = []  # for each length, the lowest place that ends an increasing subsequence of that length
    lengths = []
    for key in keys:
        length = bisect_left(tails, places[key])
        tails[length : length + 1] = [places[key]]
        lengths.append(length)
    left_out, length_left = [], len(tails) - 1
    for key, length in zip(reversed(keys), reversed(lengths), strict=True):
        if length == length_left:
            length_left -= 1
        else:
            left_out.append(key)
    return left_out


def _files(node: NodeData) -> dict[tuple[str, str, str | None], FileData]:
    return {(file["checksum"], file["preset"], file["language"]): file for file in node["files"]}


def _files_only_in(tree: Tree, other: Tree) -> Iterator[Line]:
    for key, entry in tree.entries.items():
        is_common = key in other.entries
        if is_common and other.entries[key].digest == entry.digest:
            continue
        node = tree.node(key)
        known = _files(other.node(key)) if is_common else {}
        for name, file in _files(node).items():
            if name not in known:
                fields = ("checksum", "file_format", "preset", "language", "file_size", "original_filename")
                shown = {field: file[field] for field in fields}  # type: ignore[literal-required]
                yield {"node_id": node["node_id"], "title": node["title"], **shown}


def _exercise_id(tree: Tree, key: Key) -> str | None:
    entry = tree.entries.get(key)
    return entry.id if entry and entry.kind == content_kinds.EXERCISE else None
