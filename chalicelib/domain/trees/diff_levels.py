"""The difference of two trees as one tree, which is opened level by level.

A level has the nodes below one parent that were added, removed, changed, moved or reordered, or that have such nodes
below them. Removed nodes are listed where they were. A node is identified by its id in the new tree, if it is there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Set
from typing import Any, TypedDict

from chalicelib.domain.trees.diff import Tree
from chalicelib.domain.types import NodeData

MARKS = ("added", "removed", "changed", "moved", "reordered")
MAX_VALUE = 200  # characters of a value
_SHOWN = (
    "title",
    "description",
    "kind",
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
    "assessment_item_count",
)
QUESTIONS = "questions"


class Step(TypedDict):
    """A topic on the way to a level."""

    id: str
    title: str


class Entry(TypedDict):
    """A node of a level. `values` are (old, new) of those changed fields that are short, `below` counts marks."""

    id: str
    title: str
    kind: str
    marks: list[str]
    fields: list[str]
    values: dict[str, list[str]]
    moved_from: str
    below: dict[str, int]


class Level(TypedDict):
    """The differences below one topic; `unchanged` is the number of its other children."""

    path: list[Step]
    entries: list[Entry]
    unchanged: int


class _Merged:
    """Both trees as one: the nodes of the new one, and those of the old one that are missing there."""

    def __init__(self, old: list[NodeData], new: list[NodeData]) -> None:
        self.before, self.after = Tree(old), Tree(new)
        self.root = new[0]
        self.removed = self.before.without(self.after)
        self.nodes = {node["id"]: node for node in (*new[1:], *self.removed)}
        self.parents = {node["id"]: str(node["parent_id"]) for node in new[1:]}
        self.parents |= {node["id"]: self._old_parent(node) for node in self.removed}

    def _old_parent(self, node: NodeData) -> str:
        key = self.before.parent(self.before.keys[node["id"]])
        if key is None:
            return self.root["id"]
        return (self.after.nodes.get(key) or self.before.nodes[key])["id"]

    def old(self, node_id: str) -> NodeData | None:
        """The node of the old tree that matches one of the new tree."""
        return self.before.nodes.get(self.after.keys[node_id]) if node_id in self.after.keys else None

    def path(self, node_id: str) -> list[Step]:
        """The topics from below the root to a node."""
        steps: list[Step] = []
        while node_id in self.nodes:
            steps.append({"id": node_id, "title": self.nodes[node_id]["title"]})
            node_id = self.parents[node_id]
        return steps[::-1]


def compare(
    old: list[NodeData], new: list[NodeData], changes: dict[str, Any], exercises: Set[str]
) -> tuple[dict[str, Level], dict[str, int]]:
    """Return (the levels by the id of their parent, the number of nodes with each mark).

    Both lists are in tree order, root first, and `changes` is what `diff.compare` returns for them. `exercises` are the
    node_ids of those whose questions changed.
    """
    merged = _Merged(old, new)
    fields = _fields(merged, changes, exercises)
    marks = _marks(changes, fields)
    below = _below(merged, marks)
    children: dict[str, list[str]] = defaultdict(list)
    for node_id, parent_id in merged.parents.items():
        children[parent_id].append(node_id)
    levels: dict[str, Level] = {}
    for parent_id, ids in children.items():
        listed = [id for id in ids if id in marks or id in below]
        if listed:
            entries = [_entry(merged, id, marks.get(id, []), fields.get(id, []), below.get(id)) for id in listed]
            path = merged.path(parent_id)
            levels[parent_id] = {"path": path, "entries": entries, "unchanged": len(ids) - len(listed)}
    return levels, _counts(below.get(merged.root["id"]))


def _fields(merged: _Merged, changes: dict[str, Any], exercises: Set[str]) -> dict[str, list[str]]:
    """The changed fields of nodes, by id."""
    fields: dict[str, list[str]] = {line["id"]: list(line["fields"]) for line in changes["changed"]}
    if exercises:
        for key, node in merged.after.nodes.items():
            if node["node_id"] in exercises and key in merged.before.nodes:
                fields.setdefault(node["id"], []).append(QUESTIONS)
    return fields


def _marks(changes: dict[str, Any], fields: dict[str, list[str]]) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = defaultdict(list)
    for mark in MARKS:
        for node_id in fields if mark == "changed" else [line["id"] for line in changes[mark]]:
            marks[node_id].append(mark)
    return dict(marks)


def _below(merged: _Merged, marks: dict[str, list[str]]) -> dict[str, "Counter[str]"]:
    """The marks below each node that has some, the root included. Children come before their parents."""
    below: dict[str, Counter[str]] = {}
    for node_id in _bottom_up(merged):
        found = below.get(node_id, Counter()) + Counter(marks.get(node_id, ()))
        if found:
            below.setdefault(merged.parents[node_id], Counter()).update(found)
    return below


def _bottom_up(merged: _Merged) -> Iterator[str]:
    yield from (node["id"] for node in reversed(merged.removed))
    yield from (node["id"] for node in reversed(merged.after.nodes.values()))


def _entry(merged: _Merged, node_id: str, marks: list[str], fields: list[str], below: "Counter[str] | None") -> Entry:
    node, old = merged.nodes[node_id], merged.old(node_id)
    return {
        "id": node_id,
        "title": node["title"],
        "kind": node["kind"],
        "marks": marks,
        "fields": fields,
        "values": _values(old, node, fields) if old else {},
        "moved_from": _old_path(merged, old) if old and "moved" in marks else "",
        "below": _counts(below),
    }


def _counts(below: "Counter[str] | None") -> dict[str, int]:
    return {mark: below[mark] for mark in MARKS if below[mark]} if below else {}


def _values(old: NodeData, new: NodeData, fields: list[str]) -> dict[str, list[str]]:
    return {name: [_text(old, name), _text(new, name)] for name in fields if name in _SHOWN}


def _text(node: NodeData, name: str) -> str:
    value = node[name]  # type: ignore[literal-required]
    text = ", ".join(sorted(value)) if isinstance(value, list) else "" if value is None else str(value)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def _old_path(merged: _Merged, old: NodeData) -> str:
    """The titles above a node in the old tree; "" for a child of the root."""
    titles, key = [], merged.before.parent(merged.before.keys[old["id"]])
    while key is not None:
        titles.append(merged.before.nodes[key]["title"])
        key = merged.before.parent(key)
    return " > ".join(reversed(titles))
