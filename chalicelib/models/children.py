"""Edges of the trees: the position of each child among its siblings.

| access pattern | key condition | used by |
| --- | --- | --- |
| children of a node, in order | `parent_id` | lists, publish |
| the first child, or the one next to another | `parent_id`, `position` | moving and copying |

`position` is a fraction (see `domain.trees.positions`) and the child's id, so it sorts and is unique. `kind` is a copy
of the node's kind, which never changes, so that trees can be traversed without reading nodes.
"""

from collections.abc import Iterator
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.models.base import Table, query_raw
from chalicelib.models.lazy import to_read

PAGE = 101  # one more than the API's largest page, to know whether there is a next one


class Child(Table):
    class Meta:
        table_name = "children"

    parent_id = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)
    node_id = UnicodeAttribute()  # the `id` of the child
    kind = UnicodeAttribute()


def of(parent_id: str) -> list[Child]:
    """The children of a node, in order."""
    return to_read(Child, list(query_raw(Child, parent_id)))


def some_of(
    parent_id: str,
    above: str | None = None,
    below: str | None = None,
    descending: bool = False,
    kind: str | None = None,
    page: int = PAGE,
) -> Iterator[Child]:
    """The children of a node with positions above and below two texts, in order. Pages are read when needed."""
    place: Any = None
    if above and below:
        place = Child.position.between(above, below)
    elif above or below:
        place = Child.position > above if above else Child.position < below
    wanted = Child.kind == kind if kind else None
    options = {"filter_condition": wanted, "scan_index_forward": not descending, "limit": page}
    return (edge for raw in query_raw(Child, parent_id, place, **options) for edge in to_read(Child, [raw]))


def beside(parent_id: str, position: str | None, left: bool, without: str) -> Child | None:
    """The nearest child left or right of a position (None: the first or last), ignoring the child `without`."""
    above, below = (None, position) if left else (position, None)
    found = some_of(parent_id, above, below, descending=left, page=2)
    return next((edge for edge in found if edge.node_id != without), None)


def of_child(parent_id: str, node_id: str) -> Child | None:
    """The edge of a child whose position is unknown."""
    return next((edge for edge in of(parent_id) if edge.node_id == node_id), None)
