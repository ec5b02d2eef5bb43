"""Iterate over the ids of a tree's nodes in tree order (a topic before its descendants) or in reverse.

Children are read lazily, with one Query per topic.
"""

from collections.abc import Iterator
from itertools import pairwise

from le_utils.constants import content_kinds

from chalicelib.models import children, nodes
from chalicelib.models.children import Child
from chalicelib.models.nodes import Node


def whole(root_id: str, descending: bool) -> Iterator[str]:
    """Yield the ids of all nodes of a tree."""
    if descending:
        yield from _below(root_id, None, descending)
        yield root_id
    else:
        yield root_id
        yield from _below(root_id, None, descending)


def beyond(path: list[Node], descending: bool) -> Iterator[str]:
    """Yield the ids after the last node of a path that begins with the root."""
    if not descending:
        yield from _below(path[-1].id, None, descending)
    for parent, node in reversed(list(pairwise(path))):
        yield from _below(parent.id, node.position, descending)
        if descending:
            yield parent.id


def children_of(parents: list[str], cursor: str | None, descending: bool) -> Iterator[str] | None:
    """Iterate over the ids of the children of each parent in turn; `cursor` is the child after which to start.

    Returns None if the cursor is not a child of these parents.
    """
    after = nodes.get(cursor) if cursor else None
    if cursor and (after is None or after.parent_id not in parents):
        return None
    order = parents[::-1] if descending else parents
    rest = order[order.index(str(after.parent_id)) :] if after else order
    return (
        edge.node_id
        for number, parent_id in enumerate(rest)
        for edge in _siblings(parent_id, after.position if after and not number else None, descending)
    )


def _siblings(parent_id: str, beside: str | None, descending: bool) -> Iterator[Child]:
    """Iterate over the edges of a topic's children, in one direction from a position on."""
    above, below = (None, beside) if descending else (beside, None)
    return children.some_of(parent_id, above, below, descending)


def _below(topic_id: str, beside: str | None, descending: bool) -> Iterator[str]:
    for edge in _siblings(topic_id, beside, descending):
        if not descending:
            yield edge.node_id
        if edge.kind == content_kinds.TOPIC:
            yield from _below(edge.node_id, None, descending)
        if descending:
            yield edge.node_id
