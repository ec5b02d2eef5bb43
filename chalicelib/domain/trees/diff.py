"""Comparison of two trees of a channel.

Nodes are matched by node_id. If a tree has a node_id several times, its first occurrence matches the first one in the
other tree, and so on.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Any

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


class Tree:
    """The nodes of a tree by key, in tree order and without the root."""

    def __init__(self, nodes: list[NodeData]) -> None:
        seen: Counter[str] = Counter()
        self.nodes: dict[Key, NodeData] = {}
        self.keys: dict[str, Key] = {}  # by id
        for node in nodes[1:]:
            key = (node["node_id"], seen[node["node_id"]])
            seen[node["node_id"]] += 1
            self.nodes[key], self.keys[node["id"]] = node, key

    def parent(self, key: Key) -> Key | None:
        """The key of a node's parent; None if that is the root."""
        return self.keys.get(self.nodes[key]["parent_id"] or "")

    def without(self, other: "Tree") -> list[NodeData]:
        """The nodes that are missing from the other tree."""
        return [node for key, node in self.nodes.items() if key not in other.nodes]


def compare(old: list[NodeData], new: list[NodeData]) -> dict[str, Any]:
    """Compare two trees: the sections about nodes and files, and the `totals` of both trees.

    Both lists are in tree order, root first. Roots are not compared, and the sections about questions stay empty. A
    node has moved if it has another parent; among the other siblings, as few as possible are listed as reordered.
    """
    before, after = Tree(old), Tree(new)
    common = [key for key in after.nodes if key in before.nodes]
    moved = [key for key in common if before.parent(key) != after.parent(key)]
    return {
        **{section: [] for section in SECTIONS},
        "added": [line_of(node) for node in after.without(before)],
        "removed": [line_of(node) for node in before.without(after)],
        "changed": list(_changed(before, after, common)),
        "moved": [_moved(before, after, key) for key in moved],
        "reordered": [line_of(after.nodes[key]) for key in _reordered(before, after, common)],
        "files_added": list(_files_only_in(after, before)),
        "files_removed": list(_files_only_in(before, after)),
        "totals": [totals(old), totals(new)],
    }


def exercises(old: list[NodeData], new: list[NodeData]) -> list[tuple[str | None, str | None, NodeData]]:
    """All exercises: (id in the old tree, id in the new tree, the node). The new tree's node is used if it has one."""
    before, after = Tree(old), Tree(new)
    nodes = {**before.nodes, **after.nodes}
    return [
        (_exercise_id(before, key), _exercise_id(after, key), node)
        for key, node in nodes.items()
        if _exercise_id(before, key) or _exercise_id(after, key)
    ]


def counts(changes: dict[str, Any]) -> dict[str, int]:
    """The number of entries in each section."""
    return {section: len(changes[section]) for section in SECTIONS}


def sentence(changes: dict[str, Any]) -> str:
    """The counts as a sentence. Sections other than the main ones about nodes are left out if they are empty."""
    shown = {name: count for name, count in counts(changes).items() if count or name in _ALWAYS_COUNTED}
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in shown.items()) + "."


def totals(nodes: list[NodeData]) -> dict[str, Any]:
    """The numbers of nodes by kind, of questions and of distinct files below the root, and the files' size in bytes."""
    sizes = {file["checksum"]: file["file_size"] for node in nodes[1:] for file in node["files"]}
    return {
        "kind_count": dict(sorted(Counter(node["kind"] for node in nodes[1:]).items())),
        "question_count": sum(node["assessment_item_count"] for node in nodes[1:]),
        "file_count": len(sizes),
        "file_size": sum(sizes.values()),
    }


def line_of(node: NodeData) -> Line:
    """A node, as listed in a section."""
    return {"id": node["id"], "node_id": node["node_id"], "title": node["title"], "kind": node["kind"]}


def _changed(before: Tree, after: Tree, common: list[Key]) -> Iterator[Line]:
    for key in common:
        old, new = before.nodes[key], after.nodes[key]
        fields = [name for name in _COMPARED if _value(old, name) != _value(new, name)]
        if _prerequisites(before, old) != _prerequisites(after, new):
            fields.append("prerequisites")
        if _files(old).keys() != _files(new).keys():
            fields.append("files")
        if fields:
            yield {**line_of(new), "fields": fields}


def _value(node: NodeData, name: str) -> Any:
    """A field's value, with lists sorted: the order of tags and labels is not a change."""
    value = node[name]  # type: ignore[literal-required]
    return sorted(value) if isinstance(value, list) else value


def _prerequisites(tree: Tree, node: NodeData) -> set[Key]:
    return {tree.keys[id] for id in node["prerequisites"] if id in tree.keys}


def _moved(before: Tree, after: Tree, key: Key) -> Line:
    """A node with the node_ids of its old and new parent, None for the root."""
    old, new = before.parent(key), after.parent(key)
    parents = {"old_parent": old[0] if old else None, "new_parent": new[0] if new else None}
    return {**line_of(after.nodes[key]), **parents}


def _reordered(before: Tree, after: Tree, common: list[Key]) -> list[Key]:
    places = {key: place for place, key in enumerate(before.nodes)}
    siblings: dict[Key | None, list[Key]] = {}
    for key in common:
        if before.parent(key) == after.parent(key):
            siblings.setdefault(after.parent(key), []).append(key)
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
    for key, node in tree.nodes.items():
        known = _files(other.nodes[key]) if key in other.nodes else {}
        for name, file in _files(node).items():
            if name not in known:
                fields = ("checksum", "file_format", "preset", "language", "file_size", "original_filename")
                shown = {field: file[field] for field in fields}  # type: ignore[literal-required]
                yield {"node_id": node["node_id"], "title": node["title"], **shown}


def _exercise_id(tree: Tree, key: Key) -> str | None:
    node = tree.nodes.get(key)
    return node["id"] if node and node["kind"] == content_kinds.EXERCISE else None
