"""Read content nodes: lists, single nodes, requisites and sizes.

A list of children costs one Query and one BatchGet per 100 rows, a list by ids one BatchGet, and ancestors two. One
more BatchGet reads the data for permissions. A list of a whole tree costs one more Query per topic on the page, and a
list over all of the caller's channels at most MAX_EXAMINED_EVERYWHERE of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.domain.trees import positions
from chalicelib.errors import BadRequest, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import bookmarks, channel_members, children, nodes, trees
from chalicelib.models.base import in_parallel
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access.node_rights import channels_of, viewable
from chalicelib.operations.nodes import traversal
from chalicelib.operations.nodes.node_representation import fitting, row_of, rows_of
from chalicelib.operations.trees import tree_statistics
from chalicelib.schemas.contentnode import MAX_PAGE_SIZE, ONE_OF, NodeQuery
from chalicelib.schemas.responses.common import Results
from chalicelib.schemas.responses.content import ContentNode, Requisite, TreeSize

MAX_SORTED = 2000  # nodes that can be sorted by a field
MAX_EXAMINED = 500  # nodes read per page, whatever the filters
MAX_EXAMINED_EVERYWHERE = 200  # of them, in a list over all channels of the caller: each may cost a Query
_PART = 100  # nodes or channels read at once by such a list
_BAD_CURSOR = "cursor: It does not belong to this list, or its node no longer exists. Start again without a cursor."


def find(user: Identity, query: NodeQuery) -> Results[ContentNode]:
    """Return one page of the nodes that match a query: `{"results", "more"}`.

    `more` contains the additional parameters of the next page, and is None on the last page. A page is shorter than
    requested if its rows are large, or if few of `MAX_EXAMINED` nodes match the filters.
    """
    limit = min(query.max_results, MAX_PAGE_SIZE)
    if query.ordering.removeprefix("-") != "lft":
        return _sorted_page(user, query, limit)
    if query.parent is not None and query.cursor is None:
        return _children_page(user, query.parent, query, limit)
    rows, last = _page(user, _ids(user, query, query.cursor), query, limit)
    return {"results": rows, "more": {"cursor": last} if last else None}


def retrieve(user: Identity, node_id: str) -> ContentNode:
    """Return one node. Raises NotFound if it does not exist, is deleted, or the user may not view it."""
    return _retrieve(user, node_id, deleted=False)


def retrieve_moved(user: Identity, node_id: str) -> ContentNode:
    """Return one node, which may have been moved to the trash. Raises NotFound."""
    return _retrieve(user, node_id, deleted=None)


def _retrieve(user: Identity, node_id: str, deleted: bool | None) -> ContentNode:
    place = viewable(user, node_id, also_deleted=deleted is None)
    row = row_of(user, place.node, place.root_id, deleted)
    if row is None:
        raise NotFound("No ContentNode matches the given query.")
    return row


def requisites(user: Identity, node_id: str) -> list[Requisite]:
    """Return all prerequisites in the tree of a node. They may lag behind a change by a second.

    One Query of the nodes with prerequisites, and one BatchGet per 100 prerequisites. Raises NotFound.
    """
    plain = parse_id(node_id)
    found = nodes.get(plain) if plain else None
    if found is None or not rows_of(user, [found]):
        raise NotFound("No ContentNode matches the given query.")
    pairs = nodes.requirements(found.tree_id)
    present = nodes.in_tree(found.tree_id, {prerequisite for _, prerequisite in pairs})
    return [{"target_node": target, "prerequisite": needed} for target, needed in pairs if needed in present]


def size(user: Identity, node_id: str) -> TreeSize:
    """Return the size of a tree, given its root: bytes of all distinct files.

    That of a large tree is recomputed in the background if the tree may have changed since (`stale`). It is 0 before
    the first time. Raises NotFound for nodes that are not roots.
    """
    place = viewable(user, node_id)
    if place.above:
        raise NotFound("Not found: only roots of trees have sizes. Send the id of the root.")
    facts, is_behind = tree_statistics.current(place.node, place.channel)
    return {"size": facts["size"] or 0, "stale": is_behind}


def _matches(row: ContentNode, query: NodeQuery) -> bool:
    return query.kind in (None, row["kind"]) and query.complete in (None, row["complete"])


def _deleted(query: NodeQuery) -> bool | None:
    """Whether a list has only deleted nodes, or only others, or both (None), as the lists of parts of a tree."""
    if query.deleted is not None:
        return query.deleted
    is_of_tree = query.parent or query.parent__in or query.root_id or query.ancestors_of
    return None if is_of_tree else False


def _sorted_page(user: Identity, query: NodeQuery, limit: int) -> Results[ContentNode]:
    """Return a page of a list ordered by a field. All nodes that match the query are read and sorted."""
    if query.model_fields_set.isdisjoint(ONE_OF):
        _refuse_unsortable(user, bool(query.deleted))
    ids = list(islice(_ids(user, query, None), MAX_SORTED + 1))
    if len(ids) > MAX_SORTED:
        raise _unsortable("This list has")
    rows = [row for row in rows_of(user, nodes.get_many_to_read(ids), _deleted(query)) if _matches(row, query)]
    field, descending = query.ordering.removeprefix("-"), query.ordering.startswith("-")
    rows.sort(key=lambda row: _place(row, field), reverse=descending)
    by_id = {row["id"]: row for row in rows}
    rest = _after(list(by_id), query.cursor)
    page = [by_id[node_id] for node_id in rest[:limit]]
    page = page[: fitting(page)]
    return {"results": page, "more": {"cursor": page[-1]["id"]} if len(rest) > len(page) else None}


def _refuse_unsortable(user: Identity, deleted: bool) -> None:
    """Raise BadRequest if the user's channels have too many nodes to be sorted, by the counts of their roots, so that
    the trees are not read in vain."""
    channel_ids = _channels_everywhere(user)
    shown = _present(user, channel_ids) if len(channel_ids) <= MAX_SORTED else []
    roots = nodes.get_many([_root_of(channel, deleted) for channel in shown])
    if max(len(channel_ids), sum(int(root.total_count) + 1 for root in roots)) > MAX_SORTED:
        raise _unsortable("Your channels have")


def _unsortable(what: str) -> BadRequest:
    return BadRequest(
        f"ordering: {what} more than {MAX_SORTED} nodes, which cannot be sorted. Order by lft, or list fewer: "
        "the tree of a channel by root_id, or the children of a topic by parent."
    )


def _place(row: Mapping[str, Any], field: str) -> tuple[Any, str]:
    value = row[field]
    return value.casefold() if isinstance(value, str) else value, row["id"]


def _after(ids: list[str], cursor: str | None) -> list[str]:
    """Return the ids after the cursor, which is the last node of the previous page."""
    if not cursor:
        return ids
    if cursor not in ids:
        raise BadRequest(_BAD_CURSOR)
    return ids[ids.index(cursor) + 1 :]


def _children_page(user: Identity, parent_id: str, query: NodeQuery, limit: int) -> Results[ContentNode]:
    """Return a page of children in order of position. Reads only rows that it returns, unless `complete` filters."""
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

    rows, last = _page(user, ids(), query, limit)
    if not last:
        return {"results": rows, "more": None}
    return {"results": rows, "more": {"lft__lt" if descending else "lft__gt": positions.as_decimal(read[last])}}


def _page(user: Identity, ids: Iterator[str], query: NodeQuery, limit: int) -> tuple[list[ContentNode], str | None]:
    """Return (the matching rows of one page, the last node read, or None at the end of the list)."""
    rows: list[ContentNode] = []
    examined: list[str] = []
    everywhere = query.model_fields_set.isdisjoint(ONE_OF)
    most = MAX_EXAMINED_EVERYWHERE if everywhere else MAX_EXAMINED
    while len(rows) < limit and len(examined) < most:
        part = list(islice(ids, _PART if everywhere else limit - len(rows)))
        if not part:
            return _cut(rows, None)
        examined += part
        rows += [row for row in rows_of(user, nodes.get_many_to_read(part), _deleted(query)) if _matches(row, query)]
    if len(rows) > limit:
        return _cut(rows[:limit], rows[limit - 1]["id"])
    return _cut(rows, examined[-1] if next(ids, None) is not None else None)


def _cut(rows: list[ContentNode], last: str | None) -> tuple[list[ContentNode], str | None]:
    """Return the rows that fit into a response, and the last of them if not all fit."""
    size = fitting(rows)
    return (rows[:size], rows[size - 1]["id"]) if size < len(rows) else (rows, last)


def _ids(user: Identity, query: NodeQuery, cursor: str | None) -> Iterator[str]:
    """Yield, in order, the ids of all nodes after the cursor that match a query, ignoring `kind` and `complete`."""
    descending = query.ordering == "-lft"
    if query.model_fields_set.isdisjoint(ONE_OF):
        return _ids_everywhere(user, cursor, descending, bool(query.deleted))
    if query.root_id is not None:
        return _ids_of_tree(user, query.root_id, cursor, descending)
    parents = query.parent__in if query.parent__in is not None else (query.parent,) if query.parent else ()
    if parents:
        below = traversal.children_of(list(parents), cursor, descending)
        if below is None:
            raise BadRequest(_BAD_CURSOR)
        return below
    ids = _short_list(user, query)
    return iter(_after(ids[::-1] if descending else ids, cursor))


def _short_list(user: Identity, query: NodeQuery) -> list[str]:
    """Return the ids for queries whose number of results is bounded: by ids, ancestors or node_ids."""
    if query.id__in is not None:
        return list(query.id__in)
    if query.ancestors_of is not None:
        start = nodes.get(query.ancestors_of)
        return [node.id for node in trees.lineage(start.id, start.path)] if start else []
    return _by_node_id(user, query.node_id_channel_id or (), bool(query.deleted))


def _ids_of_tree(user: Identity, root_id: str, cursor: str | None, descending: bool) -> Iterator[str]:
    if not cursor:
        found = nodes.get(root_id)
        is_shown = found is not None and found.parent_id is None and rows_of(user, [found])
        return traversal.whole(root_id, descending) if is_shown else iter(())
    path = trees.lineage(cursor, []) if parse_id(cursor) else []
    if not path or path[0].id != root_id:
        raise BadRequest(_BAD_CURSOR)
    return traversal.beyond(path, descending)


def _ids_everywhere(user: Identity, cursor: str | None, descending: bool, deleted: bool) -> Iterator[str]:
    """Yield the ids of the live trees, or the trash, of all channels that the user edits, views or has bookmarked."""
    path = trees.lineage(cursor, []) if cursor and parse_id(cursor) else []
    if cursor and not path:
        raise BadRequest(_BAD_CURSOR)
    wanted = sorted(_channels_everywhere(user), reverse=descending)
    start = path[0].channel_id if path else ""
    rest = [id for id in wanted if not path or (id <= start if descending else id >= start)]
    return _ids_of_channels(user, rest, path, descending, deleted)


def _ids_of_channels(
    user: Identity, channel_ids: list[str], path: list[Node], descending: bool, deleted: bool
) -> Iterator[str]:
    for at in range(0, len(channel_ids), _PART):
        for channel in _present(user, channel_ids[at : at + _PART]):
            root_id = _root_of(channel, deleted)
            if not path or channel.id != path[0].channel_id:
                yield from traversal.whole(root_id, descending)
            elif root_id == path[0].id:
                yield from traversal.beyond(path, descending)
            else:  # the node was deleted or the tree replaced since the previous page
                raise BadRequest(_BAD_CURSOR)


def _channels_everywhere(user: Identity) -> set[str]:
    """Return the ids of the channels that the user edits, views or has bookmarked."""
    members = [member.channel_id for member in channel_members.of_user(user.user_id)]
    return {*members, *bookmarks.of_user(user.user_id)}


def _present(user: Identity, channel_ids: Iterable[str]) -> list[Channel]:
    """Return those of these channels, in this order, that the user may view and that are not deleted."""
    wanted = list(channel_ids)
    known, _ = channels_of(user, wanted)
    return [known[id] for id in wanted if id in known and not known[id].deleted]


def _root_of(channel: Channel, deleted: bool) -> str:
    return str(channel.trash_root_id if deleted else channel.root_id)


def _by_node_id(user: Identity, pairs: tuple[tuple[str, str], ...], deleted: bool) -> list[str]:
    known, _ = channels_of(user, [channel_id for _, channel_id in pairs])
    roots = {id: channel.trash_root_id if deleted else channel.root_id for id, channel in known.items()}
    wanted = [(roots[channel_id], node_id) for node_id, channel_id in pairs if channel_id in known]
    found = in_parallel(lambda pair: nodes.id_in_tree(*pair), wanted)
    return [node_id for node_id in found if node_id]
