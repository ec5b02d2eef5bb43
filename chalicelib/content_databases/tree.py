"""A node with its children and grandchildren, in the shape of Kolibri's v2 contentnode_tree."""

from collections.abc import Mapping
from dataclasses import dataclass

from le_utils.constants import content_kinds

from chalicelib.content_databases import nodes
from chalicelib.content_databases.database import Source
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.content_databases.where import after_lft, condition, listed
from chalicelib.schemas.responses.public import NextChildren, PublicTree

DEEPEST = 2
CHILDREN = 12  # per page and node

# A subquery per parent lets SQLite stop after the requested children, however many others there are.
_CHILDREN = """
    SELECT child.parent_id, child.id, child.rght FROM json_each(?) AS parent
    CROSS JOIN content_contentnode AS child ON child.rowid IN (
        SELECT n.rowid FROM content_contentnode AS n
        WHERE n.parent_id = parent.value AND {behind} AND {condition} ORDER BY n.rowid LIMIT ?
    )
    ORDER BY child.rowid
"""


@dataclass(frozen=True)
class TreePage:
    """The number of levels to return below a node, and the `lft` after which its children start (None: the first)."""

    depth: int = DEEPEST
    next__gt: int | None = None


@dataclass
class _Children:
    """The ids of a node's children on this page, and the `next__gt` of the next page (None: this is the last)."""

    ids: list[str]
    next__gt: int | None = None


def subtree(
    source: Source, node_id: str, page: TreePage, chosen: NodeFilter, given: Mapping[str, str]
) -> PublicTree | None:
    """A node and, if it is a topic, `children`: {"results": its matching children, "more"}; None: no such node.

    Contains at most twelve children and, with a depth of two, at most twelve children of each. If the topic or one of
    its children has only a single child, the level below that one is included too. `more` is the request for the next
    children, {"id": the parent, "params": {**given, "next__gt", "depth"}}, or None on the last page. Topics without
    `children` must be requested separately. The requested node itself need not match the filter.
    """
    shown = _shown(source, node_id, page, chosen)
    built = {node["id"]: node for node in nodes.by_ids(source, [node_id, *(i for c in shown.values() for i in c.ids)])}
    if node_id not in built:
        return None
    for parent_id, children in shown.items():
        if built[parent_id]["kind"] == content_kinds.TOPIC:
            # As in Kolibri, further children of a child are requested as a separate list, one level deep.
            depth = DEEPEST if parent_id == node_id else 1
            more: NextChildren | None = None
            if children.next__gt:
                more = {"id": parent_id, "params": {**given, "next__gt": children.next__gt, "depth": depth}}
            built[parent_id]["children"] = {"results": [built[id] for id in children.ids], "more": more}
    return built[node_id]


def _shown(source: Source, node_id: str, page: TreePage, chosen: NodeFilter) -> dict[str, _Children]:
    """The children to return by parent, for each node whose children are included. One statement per level."""
    shown = last = _children(source, [node_id], chosen, page.next__gt or 0)
    while page.next__gt is None and (single := _singles(last)):
        last = _children(source, single, chosen)
        shown = {**shown, **last}
    parents = [id for children in last.values() for id in children.ids] if page.depth == DEEPEST else []
    while parents:
        last = _children(source, parents, chosen)
        shown = {**shown, **last}
        parents = _singles(last)
    return shown


def _singles(shown: dict[str, _Children]) -> list[str]:
    return [children.ids[0] for children in shown.values() if len(children.ids) == 1]


def _children(source: Source, parents: list[str], chosen: NodeFilter, next__gt: int = 0) -> dict[str, _Children]:
    """The first matching children of each parent with an `lft` above `next__gt`."""
    place, numbers = after_lft(next__gt)
    where, wanted = condition(chosen, source)
    sql = _CHILDREN.format(behind=place, condition=where)
    found: dict[str, _Children] = {id: _Children([]) for id in parents}
    ends: dict[str, int] = {}
    for parent_id, id, rght in source.database.rows(sql, [listed(parents), *numbers, *wanted, CHILDREN + 1]):
        children = found[parent_id]
        if len(children.ids) < CHILDREN:
            children.ids.append(id)
            ends[parent_id] = rght
        else:
            children.next__gt = ends[parent_id]
    return found
