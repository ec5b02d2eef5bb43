"""The shape of a tree, from one pass over its nodes in tree order: what is below each node, and where each node is.

Trees may be too large for memory, so this keeps two numbers per node. Nodes are known by their position, from 0, the
root.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from le_utils.constants import content_kinds

from chalicelib.domain.types import SnapshotNode


@dataclass(frozen=True)
class Shape:
    """How many nodes, and how many resources, are below each node; and which nodes are prerequisites, by id."""

    nodes: "array[int]" = field(default_factory=lambda: array("I"))
    resources: "array[int]" = field(default_factory=lambda: array("I"))
    required: set[str] = field(default_factory=set)


class Place(NamedTuple):
    """Where a node is: the node_id of its parent, its number among the siblings, from 1, and its places in the nested
    set, which has no gaps and begins with 1."""

    parent_id: str | None
    number: int
    left: int
    right: int


def shape_of(nodes: Iterable[SnapshotNode]) -> Shape:
    """The shape of a tree."""
    shape, path, resources = Shape(), list[int](), 0
    for position, node in enumerate(nodes):
        while len(path) > node["level"]:
            _leave(shape, path.pop(), position, resources)
        path.append(position)
        resources += node["kind"] != content_kinds.TOPIC
        shape.nodes.append(position)
        shape.resources.append(resources)
        shape.required.update(node["prerequisites"])
    while path:
        _leave(shape, path.pop(), len(shape.nodes), resources)
    return shape


def _leave(shape: Shape, position: int, following: int, resources: int) -> None:
    """Note what is below a node, when all of it was counted, as the difference to what was counted when it began."""
    shape.nodes[position] = following - position - 1
    shape.resources[position] = resources - shape.resources[position]


class Places:
    """Finds the places of nodes, which are given in tree order."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._position = 0
        self._path: list[tuple[str, str]] = []  # (id, node_id) of the ancestors of the next node
        self._children: list[int] = []  # so far, of each of them

    def of(self, node: SnapshotNode) -> Place:
        """The place of the next node. Raises KeyError if it does not follow its parent."""
        level = node["level"]
        del self._path[level:], self._children[level:]
        above = self._path[-1] if self._path else (None, None)
        if (above[0], len(self._path)) != (node["parent_id"], level):
            raise KeyError(f"{node['parent_id']}, the parent of {node['id']}")
        if self._children:
            self._children[-1] += 1
        number = self._children[-1] if self._children else 1
        self._path.append((node["id"], node["node_id"]))
        self._children.append(0)
        left = 2 * self._position + 1 - level
        right = left + 2 * self._shape.nodes[self._position] + 1
        self._position += 1
        return Place(above[1], number, left, right)
