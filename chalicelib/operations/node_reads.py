"""Reading content nodes: lists, single ones, requisites and sizes.

A list of children costs a Query and a BatchGet a hundred rows, a list by ids a BatchGet, ancestors two; then one
BatchGet tells what the caller may view. A whole tree costs a Query more for each topic with children on the page.
"""

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from le_utils.constants import content_kinds

from chalicelib.auth import Identity
from chalicelib.domain import positions
from chalicelib.domain.ids import parse_id
from chalicelib.errors import BadRequest, NotFound
from chalicelib.models import children, nodes, trees
from chalicelib.models.base import in_parallel
from chalicelib.models.nodes import Node
from chalicelib.operations.node_places import channels_of, viewable
from chalicelib.operations.node_rows import row_of, rows_of
from chalicelib.schemas.contentnode import LARGEST_PAGE, NodeQuery

Row = dict[str, Any]
MOST_SORTED = 10_000  # nodes that are sorted by a field


def find(user: Identity, query: NodeQuery) -> dict[str, Any]:
    """One page of the nodes that a query asks for: `{"results", "more"}`.

    `more` holds the parameters that the next page needs beside those of the query, None where there is none.
    """
    limit = min(query.max_results, LARGEST_PAGE)
    if query.ordering.removeprefix("-") != "lft":
        return _sorted_page(user, query, limit)
    if query.parent is not None and query.cursor is None:
        return _children_page(user, query.parent, query, limit)
    if query.root_id is not None and query.ordering == "lft":
        return _tree_page(user, query.root_id, query, limit)
    ids = _ids_of(user, query)
    rest = _after(ids[::-1] if query.ordering.startswith("-") else ids, query.cursor)
    return _cursor_page(user, iter(rest), query, limit)


def retrieve(user: Identity, node_id: str) -> Row:
    """One node. Raises NotFound where there is none that the user may view."""
    place = viewable(user, node_id)
    row = row_of(user, place.node, place.root_id)
    if row is None:
        raise NotFound("No ContentNode matches the given query.")
    return row


def requisites(user: Identity, node_id: str) -> list[Row]:
    """All prerequisites among the nodes of the tree that a node is in. Reads that tree."""
    found = trees.walk(viewable(user, node_id).root_id)
    present = {node["id"] for node in found}
    return [
        {"target_node": node["id"], "prerequisite": prerequisite}
        for node in found
        for prerequisite in node["prerequisites"]
        if prerequisite in present
    ]


def size(user: Identity, node_id: str) -> Row:
    """Bytes of all files of a tree, each once, by its root. Reads that tree. Raises NotFound for other nodes."""
    place = viewable(user, node_id)
    if place.above:
        raise NotFound("Not found: sizes are told of the roots of trees only.")
    sizes = {file["checksum"]: file["file_size"] for node in trees.walk(place.root_id) for file in node["files"]}
    return {"size": sum(sizes.values()), "stale": False}


def _suits(row: Row, query: NodeQuery) -> bool:
    return query.kind in (None, row["kind"]) and query.complete in (None, row["complete"])


def _sorted_page(user: Identity, query: NodeQuery, limit: int) -> dict[str, Any]:
    """By a field: all that the query asks for is read and sorted."""
    ids = _ids_of(user, query)
    if len(ids) > MOST_SORTED:
        raise BadRequest(f"ordering: {len(ids)} nodes are too many to sort. Order by lft, or ask for less.")
    rows = [row for row in rows_of(user, nodes.get_many(ids)) if _suits(row, query)]
    field, descending = query.ordering.removeprefix("-"), query.ordering.startswith("-")
    rows.sort(key=lambda row: _place(row[field], row["id"]), reverse=descending)
    by_id = {row["id"]: row for row in rows}
    rest = _after(list(by_id), query.cursor)
    more = {"cursor": rest[limit - 1]} if len(rest) > limit else None
    return {"results": [by_id[node_id] for node_id in rest[:limit]], "more": more}


def _place(value: Any, id: str) -> tuple[Any, str]:
    return value.casefold() if isinstance(value, str) else value, id


def _after(ids: list[str], cursor: str | None) -> list[str]:
    """What comes after the last node of the page before, which the cursor names."""
    if not cursor:
        return ids
    if cursor not in ids:
        raise BadRequest("cursor: This is not from a page of this list, or its node is gone. Begin without it.")
    return ids[ids.index(cursor) + 1 :]


def _children_page(user: Identity, parent_id: str, query: NodeQuery, limit: int) -> dict[str, Any]:
    """Children in order, by position: nothing is read that is not returned, unless `complete` filters."""
    above = positions.bounds_of(query.lft__gt) if query.lft__gt else None
    below = positions.bounds_of(query.lft__lt) if query.lft__lt else None
    descending = query.ordering.startswith("-")
    size = min(limit + 1, children.PAGE)
    edges = children.some_of(parent_id, above and above[1], below and below[0], descending, query.kind, size)
    read: dict[str, str] = {}

    def ids() -> Iterator[str]:
        for edge in edges:
            read[edge.node_id] = edge.position
            yield edge.node_id

    rows, is_more = _taken(user, ids(), query, limit)
    if not is_more:
        return {"results": rows, "more": None}
    last = positions.as_decimal(read[rows[-1]["id"]])
    return {"results": rows, "more": {"lft__lt" if descending else "lft__gt": last}}


def _cursor_page(user: Identity, ids: Iterator[str], query: NodeQuery, limit: int) -> dict[str, Any]:
    rows, is_more = _taken(user, ids, query, limit)
    return {"results": rows, "more": {"cursor": rows[-1]["id"]} if is_more else None}


def _taken(user: Identity, ids: Iterator[str], query: NodeQuery, limit: int) -> tuple[list[Row], bool]:
    """(as many rows that suit the query as a page takes, whether there are more nodes)."""
    rows: list[Row] = []
    while len(rows) < limit:
        part = list(islice(ids, limit - len(rows)))
        if not part:
            return rows, False
        rows += [row for row in rows_of(user, nodes.get_many(part)) if _suits(row, query)]
    return rows, next(ids, None) is not None


def _tree_page(user: Identity, root_id: str, query: NodeQuery, limit: int) -> dict[str, Any]:
    """Nodes of a tree in tree order, from behind the node that the cursor names."""
    if not query.cursor:
        found = nodes.get(root_id)
        is_shown = found is not None and found.parent_id is None and rows_of(user, [found])
        return _cursor_page(user, _from(root_id) if is_shown else iter(()), query, limit)
    path = trees.lineage(query.cursor, []) if parse_id(query.cursor) else []
    if not path or path[0].id != root_id:
        raise BadRequest("cursor: This is not from a page of this tree, or its node is gone. Begin without it.")
    return _cursor_page(user, _behind(path), query, limit)


def _from(node_id: str) -> Iterator[str]:
    yield node_id
    yield from _below(node_id, None)


def _below(topic_id: str, after: str | None) -> Iterator[str]:
    for edge in children.some_of(topic_id, after):
        yield edge.node_id
        if edge.kind == content_kinds.TOPIC:
            yield from _below(edge.node_id, None)


def _behind(path: list[Node]) -> Iterator[str]:
    """What comes after the last node of a path, in tree order."""
    yield from _below(path[-1].id, None)
    for parent, node in reversed(list(pairwise(path))):
        yield from _below(parent.id, node.position)


def _ids_of(user: Identity, query: NodeQuery) -> list[str]:
    """Ids of all nodes that a query asks for, `kind` and `complete` aside, in order."""
    if query.id__in is not None:
        return list(query.id__in)
    if query.ancestors_of is not None:
        start = nodes.get(query.ancestors_of)
        return [node.id for node in trees.lineage(start.id, start.path)] if start else []
    if query.node_id_channel_id is not None:
        return _by_node_id(user, query.node_id_channel_id)
    if query.root_id is not None:
        return trees.preorder(query.root_id, trees.edges(query.root_id))
    parents = query.parent__in if query.parent__in is not None else (str(query.parent),)
    return [edge.node_id for siblings in in_parallel(children.of, parents) for edge in siblings]


def _by_node_id(user: Identity, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    known, _ = channels_of(user, [channel_id for _, channel_id in pairs])
    wanted = [(known[channel_id].root_id, node_id) for node_id, channel_id in pairs if channel_id in known]
    found = in_parallel(lambda pair: nodes.id_in_tree(*pair), wanted)
    return [node_id for node_id in found if node_id]
