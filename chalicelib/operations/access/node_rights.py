"""A node with everything that decides what may be done with it: its ancestors, its channel, the caller's rights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from le_utils.constants import content_kinds

from chalicelib.domain.ids import parse_id
from chalicelib.errors import BadRequest, Busy, Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, nodes, trees
from chalicelib.models.base import read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import Found, is_open, keys, memberships, roles
from chalicelib.operations.access.policy import Role

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A node in its tree; `above` are its ancestors, the root first. `counter` is that of the channel's feed, where the
    node may be edited."""

    node: Node
    above: list[Node]
    channel: Channel
    counter: Counter | None = None

    @property
    def path(self) -> list[Node]:
        return [*self.above, self.node]

    @property
    def root_id(self) -> str:
        return str(self.path[0].id)

    @property
    def is_live(self) -> bool:
        return self.root_id == self.channel.root_id

    @property
    def is_trash(self) -> bool:
        return self.root_id == self.channel.trash_root_id


def viewable(user: Identity, node_id: object) -> Place:
    """A node that the user may view. Raises NotFound where there is none."""
    return _place(user, node_id, needs_edit=False)


def editable(user: Identity, node_id: object) -> Place:
    """A node that the user may edit. Raises NotFound where they may not view it, Forbidden where they may only that.

    Raises Conflict where its tree is neither the live one of its channel nor its trash: others are not edited.
    """
    place = _place(user, node_id, needs_edit=True)
    if not place.is_live and not place.is_trash:
        raise Conflict(f"Node {place.node.id} is in a tree that is staged or was replaced. Edit the live tree.")
    return place


def live(user: Identity, node_id: object) -> Place:
    """A node of a live tree that the user may edit; raises Conflict also where it lies in the trash."""
    place = editable(user, node_id)
    if not place.is_live:
        raise Conflict(f"Node {place.node.id} is in the trash. Restore it first.")
    return place


def refuse_resource(parent: Node) -> None:
    """Raises BadRequest where nothing can be put below a node."""
    if parent.kind != content_kinds.TOPIC:
        raise BadRequest(f"Nodes can only be put below a topic, and {parent.id} is of kind {parent.kind}.")


def retried(attempt: Callable[[], T | None]) -> T:
    """The first answer of an attempt that is not None, which says that it lost a race."""
    for _ in range(trees.MAX_RACES):
        result = attempt()
        if result is not None:
            return result
    raise Busy("Others are changing the same channel. Send this once more.")


def _place(user: Identity, node_id: object, needs_edit: bool) -> Place:
    plain = parse_id(node_id)
    found = nodes.get(plain) if plain else None
    if found is None:
        raise _unknown(node_id)
    rights, path = _rights_and_path(user, found, needs_edit)
    channel = next((channel for channel in rights[Channel] if path and channel.id == path[0].channel_id), None)
    role = roles(user, rights).get(channel.id) if channel else None
    if channel is None or not policy.may_view_tree(role, is_live=path[0].id == channel.root_id):
        raise _unknown(node_id)
    if needs_edit and not policy.may_edit(role):
        raise policy.refuse_edit(channel.id)
    for node in path:
        node.channel_id, node.tree_id = channel.id, path[0].id
    counters = changes.counters_among(rights[Change], [channel.id])
    return Place(path[-1], path[:-1], channel, counters[channel.id] if needs_edit else None)


def _rights_and_path(user: Identity, found: Node, with_counter: bool) -> tuple[Found, list[Node]]:
    """The channel that a node is in, read before the node with its ancestors; the root knows which channel that is.

    `with_counter`: also the counter of the channel's feed.
    """
    channel_id = found.channel_id
    for _ in range(3):
        rights = _read(user, [channel_id], with_counters=with_counter)
        path = trees.lineage(found.id, found.path)
        if not path or path[0].channel_id == channel_id:
            break
        channel_id = path[0].channel_id
    return rights, path


def _unknown(node_id: object) -> NotFound:
    return NotFound(f"No ContentNode matches the given query: {str(node_id)[:60]!r}.")


def _viewable(found: Found, of_user: dict[str, Role | None]) -> dict[str, Channel]:
    """Those of the channels read that a user with these roles may view, by id."""
    return {channel.id: channel for channel in found[Channel] if policy.may_view(of_user[channel.id])}


def viewable_nodes(user: Identity, wanted: list[Node]) -> tuple[list[tuple[Node, Channel]], dict[str, str]]:
    """(those of the nodes that the user may view, each with its channel; names of the channels that they name, as
    far as the user may view these).

    Nodes of a copy that is not finished yet are nobody's. One batch read a fifty channels, together with the tops of
    copies.
    """
    channel_ids = [id for node in wanted for id in (node.channel_id, node.original_channel_id)]
    found = _read(user, channel_ids, nodes.tops_of(wanted))
    hidden = nodes.unfinished(found[Node])
    known = {channel.id: channel for channel in found[Channel]}
    there = [node for node in wanted if node.channel_id in known and node.copied_below not in hidden]
    pairs = [(node, known[node.channel_id]) for node in there]
    of_user = roles(user, found)
    seen = [(node, channel) for node, channel in pairs if _may_view(of_user[channel.id], node, channel)]
    return seen, {id: channel.name for id, channel in _viewable(found, of_user).items()}


def _may_view(role: Role | None, node: Node, channel: Channel) -> bool:
    return policy.may_view_tree(role, is_live=node.tree_id == channel.root_id)


def viewable_by_id(user: Identity, found: Iterable[Node]) -> dict[str, Node]:
    """Those of the nodes that the user may view, by id. One read a fifty channels.

    Viewable is what is in a channel that the user is a member of, and the live tree of a public channel; not what
    belongs to a copy that is not finished yet.
    """
    asked = list(found)
    ids = list(dict.fromkeys(node.channel_id for node in asked))
    if not ids:
        return {}
    rows = read_many({**keys(user, ids), Node: nodes.tops_of(asked)}, nodes.TOP)
    hidden, own = nodes.unfinished(rows[Node]), memberships(rows)
    open_trees = {channel.root_id for channel in rows[Channel] if is_open(channel)}
    there = [node for node in asked if node.copied_below not in hidden]

    def role(node: Node) -> Role | None:
        return policy.role_of(user, own.get(node.channel_id), node.tree_id in open_trees)

    return {node.id: node for node in there if policy.may_view(role(node))}


def channels_of(user: Identity, channel_ids: Iterable[str | None]) -> tuple[dict[str, Channel], dict[str, str]]:
    """(the channels that the user may view, by id; names of all that there are). One batch read a fifty."""
    found = _read(user, channel_ids)
    return _viewable(found, roles(user, found)), {channel.id: channel.name for channel in found[Channel]}


def _read(
    user: Identity, channel_ids: Iterable[str | None], tops: Iterable[str] = (), with_counters: bool = False
) -> Found:
    """Channels and the user's memberships in them, tops of copies (`nodes.TOP`), and counters of the feeds."""
    wanted = list(dict.fromkeys(filter(None, channel_ids)))
    counters = [changes.counter_key(channel_id) for channel_id in wanted] if with_counters else []
    return read_many({**keys(user, wanted), Node: list(tops), Change: counters}, nodes.TOP)
