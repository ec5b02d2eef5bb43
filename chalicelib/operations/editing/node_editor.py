"""What a page that edits a node needs to know of it: the node with its place in the tree."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.ids import parse_id
from chalicelib.errors import BadRequest, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import children
from chalicelib.operations.access import channel_rights, node_rights
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.nodes import node_moves, node_reads
from chalicelib.operations.nodes.node_representation import row_after_write
from chalicelib.schemas.contentnode import NodeQuery
from chalicelib.schemas.responses.content import ContentNode

MAX_SEVERAL = 50  # nodes that one request may name


@dataclass(frozen=True)
class Ancestor:
    """A topic above a node; the root of a tree bears the name of its channel."""

    id: str
    title: str


@dataclass(frozen=True)
class Opened:
    """A node, and the topics above it, the root first."""

    node: ContentNode
    above: tuple[Ancestor, ...]
    channel_id: str
    channel_name: str


def to_edit(user: Identity, node_id: str, channel_id: str = "") -> Opened:
    """Return a node of a live tree that the user may edit.

    Raises as `node_rights.live`, and NotFound if the node is not in the given channel.
    """
    return _opened(node_rights.live(user, node_id), channel_id)


def to_view(user: Identity, node_id: str, channel_id: str = "") -> Opened:
    """Return a node that the user may view. Raises NotFound, also if the node is not in the given channel."""
    return _opened(node_rights.viewable(user, node_id), channel_id)


def all_of(
    user: Identity, ids: list[str], channel_id: str, is_edited: bool, is_deleted: bool = False
) -> list[ContentNode]:
    """Return those of these nodes, in this order, that are in the channel, or in its trash if `is_deleted`.

    `is_edited`: raises Forbidden if the user may only view the channel. Raises BadRequest if no id is given, or more
    than MAX_SEVERAL, and NotFound if no node remains.
    """
    find_channel = channel_rights.writable if is_edited else channel_rights.viewable
    channel, _ = find_channel(user, channel_id)
    wanted = _few(dict.fromkeys(parse_id(id) or "" for id in ids))
    query = NodeQuery.model_construct({"id__in", "deleted"}, id__in=wanted, deleted=is_deleted)
    found = [row for row in node_reads.find(user, query)["results"] if row["channel_id"] == channel.id]
    if not found:
        raise NotFound("None of these nodes is here any more. Select others.")
    return found


def _few(ids: Iterable[str]) -> tuple[str, ...]:
    found = tuple(ids)
    if not found:
        raise BadRequest("No node is selected. Select at least one.")
    if len(found) > MAX_SEVERAL:
        raise BadRequest(f"{len(found)} nodes are selected. Select at most {MAX_SEVERAL} at a time.")
    return found


def neighbour(user: Identity, node_id: str, is_before: bool) -> str | None:
    """Return the id of the next sibling of a node that the user may edit in one direction; None if there is none."""
    node = node_rights.live(user, node_id).node
    if node.parent_id is None:
        return None
    edge = children.beside(node.parent_id, node_moves.position_of(node), is_before, node.id)
    return edge.node_id if edge else None


def _opened(place: Place, channel_id: str) -> Opened:
    if channel_id and place.channel.id != parse_id(channel_id):
        raise NotFound("This node is in another channel. Open it from there.")
    name = place.channel.name
    above = tuple(Ancestor(node.id, node.title if node.parent_id else name) for node in place.above)
    return Opened(row_after_write(place.node, place.channel, {}), above, place.channel.id, name)
