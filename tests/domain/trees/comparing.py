"""Comparisons of small trees in memory."""

from typing import Any

from chalicelib.domain.trees import diff
from chalicelib.domain.trees.diff import Tree
from chalicelib.domain.trees.diff_levels import Level, Levels, Marks
from chalicelib.domain.types import NodeData


class Shelf:
    """A list of nodes, and how often each was read."""

    def __init__(self) -> None:
        self.nodes: list[NodeData] = []
        self.reads = 0

    def put(self, node: NodeData) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def get(self, place: int) -> NodeData:
        self.reads += 1
        return self.nodes[place]


def trees_of(old: list[NodeData], new: list[NodeData]) -> tuple[Tree, Tree]:
    return Tree(old, Shelf()), Tree(new, Shelf())


def compare(old: list[NodeData], new: list[NodeData]) -> dict[str, Any]:
    """The lines by section, and the totals of both trees."""
    before, after = trees_of(old, new)
    changes: dict[str, Any] = {section: [] for section in diff.SECTIONS}
    for section, line in diff.compare(before, after):
        changes[section].append(line)
    return {**changes, "totals": [before.totals(), after.totals()]}


def counts(changes: dict[str, Any]) -> dict[str, int]:
    return {section: len(changes[section]) for section in diff.SECTIONS}


def levels_of(old: list[NodeData], new: list[NodeData], exercises: frozenset[str]) -> tuple[dict[str, Level], Any]:
    """(the levels by the id of their parent, the number of nodes with each mark); `exercises` are node_ids."""
    before, after = trees_of(old, new)
    marks = Marks()
    for section, line in diff.compare(before, after):
        marks.note(section, line)
    for key, entry in after.entries.items():
        if key[0] in exercises:
            marks.note_questions(entry.id)
    levels = Levels(before, after, marks)
    return {parent_id: levels.level(parent_id, 1000) for parent_id in levels.parents()}, levels.counts()
