"""Permissions on nodes: reads a node with the data that decides them: its ancestors, its channel, the user's role."""

import time
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
from chalicelib.operations.access.channel_rights import Found, is_open, keys, memberships, named, roles
from chalicelib.operations.access.policy import Role

MAX_SECONDS = 12  # of attempts that lose races; the pause and the last attempt come on top
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A node in its tree.

    `above` are its ancestors, the root first. `counter` is that of the channel's feed; it is read only for edits.
    """

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

    @property
    def is_deleted(self) -> bool:
        """Whether the node is in the trash, which is itself not deleted."""
        return self.is_trash and bool(self.above)


def viewable(user: Identity, node_id: object, also_deleted: bool = False) -> Place:
    """Return a node that the user may view.

    Raises NotFound if it does not exist or the user may not view it, and if it is deleted, unless `also_deleted`.
    """
    place = _place(user, node_id)
    if place.is_deleted and not also_deleted:
        raise _unknown(node_id)
    return place


def editable(user: Identity, node_id: object) -> Place:
    """Return a node that the user may edit or restore, which may be deleted.

    Raises NotFound if the user may not view it, and Forbidden if the user may only view it. Raises Conflict if its tree
    is neither the live tree nor the trash of its channel, because other trees cannot be edited.
    """
    return _editable(user, node_id, policy.may_edit)


def _editable(user: Identity, node_id: object, may: Callable[[Role | None], bool]) -> Place:
    place = _place(user, node_id, may)
    if not place.is_live and not place.is_trash:
        raise Conflict(f"Node {place.node.id} is in a staged or replaced tree. Edit the live tree.")
    return place


def purgeable(user: Identity, node_id: object) -> Place:
    """Return a node that the user may delete for good. Raises as `editable`, and NotFound outside of the trash."""
    place = _editable(user, node_id, policy.may_purge)
    if not place.is_deleted:
        raise NotFound(
            f"No ContentNode matches the given query: {place.node.id} is not in the trash. Delete it first, "
            "without deleted=true."
        )
    return place


def live(user: Identity, node_id: object) -> Place:
    """Return a node of a live tree that the user may edit.

    Raises as `editable`, NotFound for deleted nodes, and Conflict for the root of the trash.
    """
    place = editable(user, node_id)
    if place.is_deleted:
        raise NotFound(f"No ContentNode matches the given query: {place.node.id} is in the trash. Restore it first.")
    if not place.is_live:
        raise Conflict(f"Node {place.node.id} is the trash. Choose a node of the live tree.")
    return place


def refuse_resource(parent: Node) -> None:
    """Raise BadRequest if a node cannot have children."""
    if parent.kind != content_kinds.TOPIC:
        raise BadRequest(f"Only topics can have children; {parent.id} is of kind {parent.kind}. Choose a topic.")


def retried(attempt: Callable[[], T | None]) -> T:
    """The first result of an attempt that is not None, which means that it lost a race; between attempts is a pause.

    Raises Busy after too many of them, or MAX_SECONDS, so that a request is answered before API Gateway gives it up.
    """
    began = time.monotonic()
    for number in range(trees.MAX_RACES):
        started = time.monotonic()
        result = attempt()
        if result is not None:
            return result
        if time.monotonic() - began > MAX_SECONDS:
            break
        changes.pause(number, time.monotonic() - started)
    raise Busy("Other requests are changing the same channel. Send this request again.")


def _place(user: Identity, node_id: object, may: Callable[[Role | None], bool] | None = None) -> Place:
    """Return a node that the user may view, and also change if `may` is a rule for that."""
    plain = parse_id(node_id)
    found = nodes.get(plain) if plain else None
    if found is None:
        raise _no_node(user, node_id)
    rights, path = _rights_and_path(user, found, may is not None)
    channel = next((channel for channel in rights[Channel] if path and channel.id == path[0].channel_id), None)
    role = roles(user, rights).get(channel.id) if channel else None
    if channel is None or not policy.may_view_tree(role, is_live=path[0].id == channel.root_id):
        raise _unknown(node_id)
    if may and not may(role):
        raise policy.refuse_edit(channel.id)
    for node in path:
        node.channel_id, node.tree_id = channel.id, path[0].id
    counters = changes.counters_among(rights[Change], [channel.id])
    return Place(path[-1], path[:-1], channel, counters[channel.id] if may else None)


def _rights_and_path(user: Identity, found: Node, with_counter: bool) -> tuple[Found, list[Node]]:
    """Read a node's channel, and then the node with its ancestors.

    The root stores the channel id. If it differs from the node's, which may lag behind, both are read again.
    `with_counter`: also read the counter of the channel's feed.
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


def _no_node(user: Identity, node_id: object) -> NotFound:
    """The error for an id without a node. If it is that of a channel, its viewers learn its root. One read."""
    plain = parse_id(node_id)
    channel = named(user, plain, policy.may_view) if plain else None
    is_channel = f" That is a channel. Its root node is {channel.root_id}." if channel else ""
    return NotFound(
        f"{_unknown(node_id).detail}{is_channel or ' Send the id of a node, not its node_id or content_id.'}"
    )


def _viewable(found: Found, of_user: dict[str, Role | None]) -> dict[str, Channel]:
    """Return the channels that a user with these roles may view, by id."""
    return {channel.id: channel for channel in found[Channel] if policy.may_view(of_user[channel.id])}


def viewable_nodes(
    user: Identity, wanted: list[Node], deleted: bool | None = False
) -> tuple[list[tuple[Node, Channel]], dict[str, str]]:
    """Return (the nodes that the user may view, each with its channel; names of the channels that they refer to).

    `deleted`: only deleted nodes, or only others, or both (None). Only those who may restore deleted nodes view them.
    Only names of channels that the user may view are included. Nodes of an unfinished copy are hidden. One batch read
    per 50 channels, which includes the top nodes of copies.
    """
    channel_ids = [id for node in wanted for id in (node.channel_id, node.original_channel_id)]
    found = _read(user, channel_ids, nodes.tops_of(wanted))
    hidden = nodes.unfinished(found[Node])
    known = {channel.id: channel for channel in found[Channel]}
    finished = [node for node in wanted if node.channel_id in known and node.copied_below not in hidden]
    pairs = [(node, known[node.channel_id]) for node in finished]
    of_user = roles(user, found)
    seen = [(node, channel) for node, channel in pairs if _may_view(of_user[channel.id], node, channel, deleted)]
    return seen, {id: channel.name for id, channel in _viewable(found, of_user).items()}


def _may_view(role: Role | None, node: Node, channel: Channel, deleted: bool | None) -> bool:
    is_deleted = _is_deleted(node, channel)
    if nodes.is_purged(node):
        return False
    if deleted is not None and is_deleted != deleted:
        return False
    if is_deleted and not policy.may_view_deleted(role):
        return False
    return policy.may_view_tree(role, is_live=node.tree_id == channel.root_id)


def _is_deleted(node: Node, channel: Channel) -> bool:
    """Whether a node is in the trash of its channel, by its `tree_id`, so that nothing needs to be read."""
    return node.tree_id == channel.trash_root_id and node.parent_id is not None


def viewable_by_id(user: Identity, found: Iterable[Node]) -> dict[str, Node]:
    """Return the nodes that the user may view, by id. One read per 50 channels.

    A user may view all trees of a channel as a member, and the live tree of a public channel. Deleted nodes and those
    of an unfinished copy are hidden.
    """
    wanted = list(found)
    ids = list(dict.fromkeys(node.channel_id for node in wanted))
    if not ids:
        return {}
    rows = read_many({**keys(user, ids), Node: nodes.tops_of(wanted)}, nodes.TOP)
    hidden, stored = nodes.unfinished(rows[Node]), memberships(rows)
    open_trees = {channel.root_id for channel in rows[Channel] if is_open(channel)}
    known = {channel.id: channel for channel in rows[Channel]}
    finished = [node for node in wanted if node.copied_below not in hidden and node.channel_id in known]

    def role(node: Node) -> Role | None:
        return policy.role_of(user, stored.get(node.channel_id), node.tree_id in open_trees)

    present = [node for node in finished if not nodes.is_purged(node) and not _is_deleted(node, known[node.channel_id])]
    return {node.id: node for node in present if policy.may_view(role(node))}


def channels_of(user: Identity, channel_ids: Iterable[str | None]) -> tuple[dict[str, Channel], dict[str, str]]:
    """Return (the channels that the user may view, by id; names of all existing channels). One batch read per 50."""
    found = _read(user, channel_ids)
    return _viewable(found, roles(user, found)), {channel.id: channel.name for channel in found[Channel]}


def _read(
    user: Identity, channel_ids: Iterable[str | None], tops: Iterable[str] = (), with_counters: bool = False
) -> Found:
    """Read channels, the user's memberships in them, top nodes of copies (`nodes.TOP`) and counters of the feeds."""
    wanted = list(dict.fromkeys(filter(None, channel_ids)))
    counters = [changes.counter_key(channel_id) for channel_id in wanted] if with_counters else []
    return read_many({**keys(user, wanted), Node: list(tops), Change: counters}, nodes.TOP)
