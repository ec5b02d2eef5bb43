"""What one tree of a channel changes against another. Nodes are the same where their node_id is; where a tree has a
node_id several times, the first is the same as the first of the other tree, and so on."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Any

from le_utils.constants import content_kinds

from chalicelib.domain.types import LABELS, FileData, NodeData

Key = tuple[str, int]  # node_id, and how many before it in the tree have the same
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
_ALWAYS_SAID = ("added", "removed", "changed", "moved")
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


class _Tree:
    """A tree by the keys of its nodes, in tree order and without its root."""

    def __init__(self, nodes: list[NodeData]) -> None:
        seen: Counter[str] = Counter()
        self.nodes: dict[Key, NodeData] = {}
        self.keys: dict[str, Key] = {}  # by id
        for node in nodes[1:]:
            key = (node["node_id"], seen[node["node_id"]])
            seen[node["node_id"]] += 1
            self.nodes[key], self.keys[node["id"]] = node, key

    def parent(self, key: Key) -> Key | None:
        """None below the root."""
        return self.keys.get(self.nodes[key]["parent_id"] or "")

    def without(self, other: "_Tree") -> list[NodeData]:
        """The nodes that the other tree does not have."""
        return [node for key, node in self.nodes.items() if key not in other.nodes]


def compare(old: list[NodeData], new: list[NodeData]) -> dict[str, Any]:
    """The sections about nodes and files, and the `totals` of both trees; those about questions are empty.

    Both lists are in tree order with their root first; roots are not compared. A node is moved where its parent is
    another one; of siblings that stay, as few as possible are said to be reordered.
    """
    before, after = _Tree(old), _Tree(new)
    kept = [key for key in after.nodes if key in before.nodes]
    moved = [key for key in kept if before.parent(key) != after.parent(key)]
    return {
        **{section: [] for section in SECTIONS},
        "added": [line_of(node) for node in after.without(before)],
        "removed": [line_of(node) for node in before.without(after)],
        "changed": list(_changed(before, after, kept)),
        "moved": [_moved(before, after, key) for key in moved],
        "reordered": [line_of(after.nodes[key]) for key in _reordered(before, after, kept)],
        "files_added": list(_files_only_in(after, before)),
        "files_removed": list(_files_only_in(before, after)),
        "totals": [totals(old), totals(new)],
    }


def exercises(old: list[NodeData], new: list[NodeData]) -> list[tuple[str | None, str | None, NodeData]]:
    """(id in the old tree, id in the new one, the node in the newer of them) of all exercises."""
    before, after = _Tree(old), _Tree(new)
    nodes = {**before.nodes, **after.nodes}
    return [
        (_exercise_id(before, key), _exercise_id(after, key), node)
        for key, node in nodes.items()
        if _exercise_id(before, key) or _exercise_id(after, key)
    ]


def counts(changes: dict[str, Any]) -> dict[str, int]:
    """How long each section is."""
    return {section: len(changes[section]) for section in SECTIONS}


def sentence(changes: dict[str, Any]) -> str:
    """The counts as a sentence for people; of nodes always, of the rest where there is something to count."""
    said = {name: count for name, count in counts(changes).items() if count or name in _ALWAYS_SAID}
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in said.items()) + "."


def totals(nodes: list[NodeData]) -> dict[str, Any]:
    """How many nodes of each kind a tree has below its root, questions, and different files with their bytes."""
    sizes = {file["checksum"]: file["file_size"] for node in nodes[1:] for file in node["files"]}
    return {
        "kind_count": dict(sorted(Counter(node["kind"] for node in nodes[1:]).items())),
        "question_count": sum(node["assessment_item_count"] for node in nodes[1:]),
        "file_count": len(sizes),
        "file_size": sum(sizes.values()),
    }


def line_of(node: NodeData) -> Line:
    """A node as the sections name it."""
    return {"id": node["id"], "node_id": node["node_id"], "title": node["title"], "kind": node["kind"]}


def _changed(before: _Tree, after: _Tree, kept: list[Key]) -> Iterator[Line]:
    for key in kept:
        old, new = before.nodes[key], after.nodes[key]
        fields = [name for name in _COMPARED if _value(old, name) != _value(new, name)]
        if _prerequisites(before, old) != _prerequisites(after, new):
            fields.append("prerequisites")
        if _files(old).keys() != _files(new).keys():
            fields.append("files")
        if fields:
            yield {**line_of(new), "fields": fields}


def _value(node: NodeData, name: str) -> Any:
    """A field's value; the order of tags and labels says nothing."""
    value = node[name]  # type: ignore[literal-required]
    return sorted(value) if isinstance(value, list) else value


def _prerequisites(tree: _Tree, node: NodeData) -> set[Key]:
    return {tree.keys[id] for id in node["prerequisites"] if id in tree.keys}


def _moved(before: _Tree, after: _Tree, key: Key) -> Line:
    """A node with the node_ids of its parents then and now, None below the root."""
    old, new = before.parent(key), after.parent(key)
    parents = {"old_parent": old[0] if old else None, "new_parent": new[0] if new else None}
    return {**line_of(after.nodes[key]), **parents}


def _reordered(before: _Tree, after: _Tree, kept: list[Key]) -> list[Key]:
    places = {key: place for place, key in enumerate(before.nodes)}
    siblings: dict[Key | None, list[Key]] = {}
    for key in kept:
        if before.parent(key) == after.parent(key):
            siblings.setdefault(after.parent(key), []).append(key)
    out_of_order = {key for keys in siblings.values() for key in _out_of_order(keys, places)}
    return [key for key in kept if key in out_of_order]


def _out_of_order(keys: list[Key], places: dict[Key, int]) -> list[Key]:
    """As few keys as possible without which the places of the others rise."""
    tails: list[int] = []  # the lowest place that a rising row of each length can end with
    lengths = []
    for key in keys:
        length = bisect_left(tails, places[key])
        tails[length : length + 1] = [places[key]]
        lengths.append(length)
    left_out, wanted = [], len(tails) - 1
    for key, length in zip(reversed(keys), reversed(lengths), strict=True):
        if length == wanted:
            wanted -= 1
        else:
            left_out.append(key)
    return left_out


def _files(node: NodeData) -> dict[tuple[str, str, str | None], FileData]:
    return {(file["checksum"], file["preset"], file["language"]): file for file in node["files"]}


def _files_only_in(tree: _Tree, other: _Tree) -> Iterator[Line]:
    for key, node in tree.nodes.items():
        known = _files(other.nodes[key]) if key in other.nodes else {}
        for name, file in _files(node).items():
            if name not in known:
                fields = ("checksum", "file_format", "preset", "language", "file_size", "original_filename")
                said = {field: file[field] for field in fields}  # type: ignore[literal-required]
                yield {"node_id": node["node_id"], "title": node["title"], **said}


def _exercise_id(tree: _Tree, key: Key) -> str | None:
    node = tree.nodes.get(key)
    return node["id"] if node and node["kind"] == content_kinds.EXERCISE else None
