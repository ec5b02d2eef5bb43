"""The difference of two trees as one tree, which is opened level by level.

A level has the nodes below one parent that were added, removed, changed, moved or reordered, or that have such nodes
below them. Removed nodes are listed where they were. A node is identified by its id in the new tree, if it is there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple, NotRequired, TypedDict

from chalicelib.domain.trees.diff import Key, Line, Tree
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
    """The differences below one topic; `unchanged` is the number of its other children, `total` that of the entries.
    Results of earlier versions have no `total`: there, all entries are in the level."""

    path: list[Step]
    entries: list[Entry]
    unchanged: int
    total: NotRequired[int]


class Marks:
    """The marks of nodes and their changed fields, by id. Equal ones are the same objects."""

    def __init__(self) -> None:
        self._of: dict[str, _Marked] = {}
        self._known: dict[_Marked, _Marked] = {}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._of

    def of(self, node_id: str) -> "_Marked":
        """The marks and changed fields of a node."""
        return self._of.get(node_id, NOTHING)

    def note(self, section: str, line: Line) -> None:
        """Note a line of a difference (`diff.compare`)."""
        if section in MARKS:
            self._mark(line["id"], section, line["fields"] if section == "changed" else ())

    def note_questions(self, node_id: str) -> None:
        """Note a node whose questions changed."""
        self._mark(node_id, "changed", (QUESTIONS,))

    def _mark(self, node_id: str, mark: str, fields: Iterable[str]) -> None:
        before = self.of(node_id)
        marks = tuple(one for one in MARKS if one == mark or one in before.marks)
        marked = _Marked(marks, (*before.fields, *fields))
        self._of[node_id] = self._known.setdefault(marked, marked)


class _Marked(NamedTuple):
    """The marks and changed fields of a node."""

    marks: tuple[str, ...]
    fields: tuple[str, ...]


NOTHING = _Marked((), ())


class Levels:
    """The levels of a difference. Both trees are one here: the new one, and what of the old one is missing there."""

    def __init__(self, before: Tree, after: Tree, marks: Marks) -> None:
        self._before, self._after, self._marks = before, after, marks
        self._removed = {before.entries[key].id: key for key in before.without(after)}
        self._parents = {entry.id: self._new_parent(entry.parent) for entry in after.entries.values()}
        self._parents |= {id: self._old_parent(before.entries[key].parent) for id, key in self._removed.items()}
        self._below = self._sums()
        self._children: dict[str, list[str]] = defaultdict(list)
        for node_id, parent_id in self._parents.items():
            self._children[parent_id].append(node_id)

    def counts(self) -> dict[str, int]:
        """The number of nodes with each mark."""
        return _counts(self._below.get(self._root_id))

    def parents(self) -> dict[str, int]:
        """The number of entries of each level, by the id of its parent."""
        found = {parent_id: len(self._listed(ids)) for parent_id, ids in self._children.items()}
        return {parent_id: entries for parent_id, entries in found.items() if entries}

    def level(self, parent_id: str, entries: int) -> Level:
        """The level below a node, with its first entries."""
        ids = self._children[parent_id]
        total = len(self._listed(ids))
        first = self.entries(parent_id, 0, entries)
        return {"path": self._path(parent_id), "entries": first, "unchanged": len(ids) - total, "total": total}

    def entries(self, parent_id: str, start: int, end: int) -> list[Entry]:
        """Some entries of the level below a node."""
        return [self._entry(node_id) for node_id in self._listed(self._children[parent_id])[start:end]]

    @property
    def _root_id(self) -> str:
        return str(self._after.root_id)

    def _listed(self, ids: list[str]) -> list[str]:
        return [id for id in ids if id in self._marks or id in self._below]

    def _new_parent(self, parent: Key | None) -> str:
        return self._after.entries[parent].id if parent else self._root_id

    def _old_parent(self, parent: Key | None) -> str:
        if parent is None:
            return self._root_id
        return (self._after.entries.get(parent) or self._before.entries[parent]).id

    def _sums(self) -> dict[str, "Counter[str]"]:
        """The marks below each node that has some, the root included. Children come before their parents."""
        below: dict[str, Counter[str]] = {}
        for node_id in (*reversed(self._removed), *(entry.id for entry in reversed(self._after.entries.values()))):
            found = below.get(node_id, Counter()) + Counter(self._marks.of(node_id).marks)
            if found:
                below.setdefault(self._parents[node_id], Counter()).update(found)
        return below

    def _node(self, node_id: str) -> NodeData:
        if node_id in self._removed:
            return self._before.node(self._removed[node_id])
        return self._after.node(self._after.keys[node_id])

    def _path(self, node_id: str) -> list[Step]:
        """The topics from below the root to a node."""
        steps: list[Step] = []
        while node_id in self._parents:
            steps.append({"id": node_id, "title": self._node(node_id)["title"]})
            node_id = self._parents[node_id]
        return steps[::-1]

    def _entry(self, node_id: str) -> Entry:
        node = self._node(node_id)
        marks, fields = self._marks.of(node_id)
        key = self._after.keys.get(node_id)
        old = key if key in self._before.entries else None
        return {
            "id": node_id,
            "title": node["title"],
            "kind": node["kind"],
            "marks": [*marks],
            "fields": [*fields],
            "values": _values(self._before.node(old), node, fields) if old and fields else {},
            "moved_from": self._old_path(old) if old and "moved" in marks else "",
            "below": _counts(self._below.get(node_id)),
        }

    def _old_path(self, key: Key) -> str:
        """The titles above a node in the old tree; "" for a child of the root."""
        titles, above = [], self._before.entries[key].parent
        while above is not None:
            titles.append(self._before.node(above)["title"])
            above = self._before.entries[above].parent
        return " > ".join(reversed(titles))


def _counts(below: "Counter[str] | None") -> dict[str, int]:
    return {mark: below[mark] for mark in MARKS if below[mark]} if below else {}


def _values(old: NodeData, new: NodeData, fields: Iterable[str]) -> dict[str, list[str]]:
    return {name: [_text(old, name), _text(new, name)] for name in fields if name in _SHOWN}


def _text(node: NodeData, name: str) -> str:
    value = node[name]  # type: ignore[literal-required]
    text = ", ".join(sorted(value)) if isinstance(value, list) else "" if value is None else str(value)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
