"""Trees of any size as streams: in memory are the ids and kinds of all nodes, and the data of `CHUNK` nodes.

One Query per topic and one BatchGet per 100 nodes, as for a small tree.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from le_utils.constants import content_kinds

from chalicelib.domain.types import NodeData
from chalicelib.models import nodes
from chalicelib.models.base import in_parallel, query_raw
from chalicelib.models.children import Child

T = TypeVar("T")
CHUNK = 400  # nodes, or topics, that are read at once
Below = dict[str, list[tuple[str, str, str]]]  # (id, kind, position) of the children by topic, in order


class Step(NamedTuple):
    """A node in tree order. The first one, at level 0, has no parent."""

    id: str
    parent_id: str
    kind: str
    position: str
    level: int


def below(root_id: str, levels: int | None = None) -> Below:
    """The children of each topic in a tree; with `levels`, only down to that depth. About 300 bytes per node."""
    found: Below = {}
    topics = [root_id]
    while topics and levels != 0:
        for part in chunks(topics):
            found.update(zip(part, in_parallel(_children, part), strict=True))
        topics = [id for topic in topics for id, kind, _ in found[topic] if kind == content_kinds.TOPIC]
        levels = levels - 1 if levels is not None else None
    return found


def _children(parent_id: str) -> list[tuple[str, str, str]]:
    found = query_raw(Child, parent_id)
    return [(raw["node_id"]["S"], sys.intern(raw["kind"]["S"]), raw["position"]["S"]) for raw in found]


def steps(root_id: str, levels: int | None = None) -> Iterator[Step]:
    """The nodes of a tree in tree order, root first, by their edges alone."""
    known = below(root_id, levels)
    stack = [Step(root_id, "", content_kinds.TOPIC, "", 0)]
    while stack:
        step = stack.pop()
        yield step
        children = reversed(known.pop(step.id, ()))
        stack.extend(Step(id, step.id, kind, position, step.level + 1) for id, kind, position in children)


def ids(root_id: str) -> list[str]:
    """The ids of the nodes of a tree in tree order, root first."""
    return [step.id for step in steps(root_id)]


def data(root_id: str, levels: int | None = None) -> Iterator[NodeData]:
    """The nodes of a tree in tree order, root first. Those that are gone meanwhile are left out."""
    for part in data_in_chunks(root_id, 0, levels):
        yield from part


def data_in_chunks(root_id: str, size: int = 0, levels: int | None = None) -> Iterator[list[NodeData]]:
    """`data` in lists of at most `size` nodes, by default `CHUNK`, of which one is in memory at a time."""
    for part in chunks((step.id for step in steps(root_id, levels)), size):
        found = nodes.data_of(part)
        yield [found[id] for id in part if id in found]


def chunks(items: Iterable[T], size: int = 0) -> Iterator[list[T]]:
    """Lists of at most `size` items each, by default `CHUNK`."""
    part: list[T] = []
    for item in items:
        part.append(item)
        if len(part) >= (size or CHUNK):
            yield part
            part = []
    if part:
        yield part
