"""A node with its children and grandchildren (recorded: v2 contentnode_tree; Kolibri's own view of a topic)."""

from collections.abc import Mapping
from dataclasses import dataclass

from le_utils.constants import content_kinds

from chalicelib.content_databases import nodes
from chalicelib.content_databases.database import Source
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.content_databases.where import after, condition, listed
from chalicelib.schemas.responses.public import NextChildren, PublicTree

DEEPEST = 2
CHILDREN = 12  # at a time, of each node

# For each parent on its own, so that SQLite stops after the children that are shown, whatever others there are.
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
    """How many levels below a node are shown, and behind which `lft` its children begin (None: all of them)."""

    depth: int = DEEPEST
    next__gt: int | None = None


@dataclass
class _Children:
    """Ids of the children of a node that are shown, and the `next__gt` of those that are not (None: all are)."""

    ids: list[str]
    next__gt: int | None = None


def subtree(
    source: Source, node_id: str, page: TreePage, chosen: NodeFilter, given: Mapping[str, str]
) -> PublicTree | None:
    """The node, and where it is a topic `children`: {"results": its wanted children, "more"}; None: no such node.

    At most twelve children are shown, and at a depth of two at most twelve of each of theirs. Where a topic has but
    one child, or a child has but one, what is below that one is shown too. `more` says how to ask for the next ones:
    {"id": whose children, "params": {**given, "next__gt", "depth"}}, or is None where no more are wanted.
    Topics without `children` have to be asked for by themselves. The node asked for need not be wanted.
    """
    shown = _shown(source, node_id, page, chosen)
    built = {node["id"]: node for node in nodes.by_ids(source, [node_id, *(i for c in shown.values() for i in c.ids)])}
    if node_id not in built:
        return None
    for parent_id, children in shown.items():
        if built[parent_id]["kind"] == content_kinds.TOPIC:
            # As Kolibri has it: what was below goes on as a list of its own, and that is one level deep.
            depth = DEEPEST if parent_id == node_id else 1
            more: NextChildren | None = None
            if children.next__gt:
                more = {"id": parent_id, "params": {**given, "next__gt": children.next__gt, "depth": depth}}
            built[parent_id]["children"] = {"results": [built[id] for id in children.ids], "more": more}
    return built[node_id]


def _shown(source: Source, node_id: str, page: TreePage, chosen: NodeFilter) -> dict[str, _Children]:
    """The children that are shown, of each node of which any could be. One statement a level."""
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
    """The first children of each parent that are wanted and have an `lft` above `next__gt`."""
    place, numbers = after(next__gt)
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
