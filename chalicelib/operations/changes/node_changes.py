"""Changes for sync clients that describe writes of nodes, as if they had been made by sync.

They contain the state after the write, with whole fields as in responses. Nodes that leave a live tree are DELETED, and
those that enter a live tree, even from the trash, are CREATED; clients read their descendants, as for a copy.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.identity.authentication import Identity
from chalicelib.models.changes import Change
from chalicelib.models.nodes import Node
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.changes.feed import applied_change, by_request, by_server
from chalicelib.operations.changes.fields import Fields, fitting
from chalicelib.schemas.contentnode import Copy, NodeChange, NodeWrite
from chalicelib.schemas.responses.content import ContentNode
from chalicelib.schemas.sync import COPIED, CREATED, DELETED, MOVED, UPDATED

_TABLE = "contentnode"
_OF_NEW_NODES = ("id", "parent", "kind", "title", "node_id", "content_id")
_WHOLE = (*_OF_NEW_NODES, *NodeWrite.model_fields, "total_count", "resource_count", "has_children", "complete")


def created(user: Identity, row: ContentNode, given: Iterable[str]) -> list[Change]:
    """A new node with the given fields."""
    obj = _fields(row, [*_OF_NEW_NODES, *given])
    return [by_request(user, row["channel_id"], CREATED, _TABLE, row["id"], obj=obj)]


def updated(user: Identity, row: ContentNode, given: Iterable[str]) -> list[Change]:
    """An update of the given fields."""
    mods = _fields(row, given)
    return [by_request(user, row["channel_id"], UPDATED, _TABLE, row["id"], mods=mods)] if mods else []


def content_changed(user: Identity, node: Node, content_id: str | None) -> list[Change]:
    """The new content_id of a copy, which follows from a change of its files or questions; None if it has kept it."""
    mods = {"content_id": content_id}
    return [by_server(node.channel_id, _TABLE, node.id, mods, False, user.user_id)] if content_id else []


def moved(user: Identity, before: Place, goal: Place, row: Callable[[], ContentNode], position: str) -> list[Change]:
    """A move within a tree, out of a live tree or into one, also between channels.

    `row` returns the node's state after the move.
    """
    id = before.node.id
    placed = by_request(user, goal.channel.id, MOVED, _TABLE, id, target=goal.node.id, position=position)
    if before.root_id == goal.root_id:
        return [placed]
    made = [by_request(user, before.channel.id, DELETED, _TABLE, id)] if before.is_live else []
    if goal.is_live:
        made += [by_request(user, goal.channel.id, CREATED, _TABLE, id, obj=_fields(row(), _WHOLE))]
        made += [placed] if position != "last-child" else []
    return made


def purged(user: Identity, before: Place) -> list[Change]:
    """A node that is deleted for good. Clients that show the trash remove it with its descendants."""
    return [by_request(user, before.channel.id, DELETED, _TABLE, before.node.id)]


def expired(before: Place) -> list[Change]:
    """A node that is deleted for good by the schedule."""
    return [applied_change(before.channel.id, DELETED, _TABLE, before.node.id, {}, unpublishable=True)]


def moved_by_sync(
    user: Identity, applied: Change, before: Place, goal: Place, row: Callable[[], ContentNode]
) -> list[Change]:
    """The changes for the other channel of a move between channels that a sync client sent.

    As clients may follow both channels, no DELETED is emitted; a client that follows only the source gets a target that
    it does not know. A move that is applied again finds the node in the target.
    """
    as_sent = MOVED, _TABLE, applied.key, applied.fields, False, user.user_id
    source_id, goal_id = before.channel.id, goal.channel.id
    made = [applied_change(source_id, *as_sent)] if source_id not in (goal_id, applied.channel_id) else []
    if goal_id == applied.channel_id or not goal.is_live:
        return made
    if source_id != goal_id:
        obj = {"obj": _fields(row(), _WHOLE)}
        made.append(applied_change(goal_id, CREATED, _TABLE, applied.key, obj, False, user.user_id))
    return [*made, applied_change(goal_id, *as_sent)]


def copied(user: Identity, source_id: str, copy: Node, sent: Copy, mods: Mapping[str, Any]) -> list[Change]:
    """A copy made by a request, with the `mods` of its body, and an update with the data that only the server knows.

    Of the descendants only those that are excluded are emitted, which are limited in number.
    """
    fields: Fields = {
        "from_key": parse_id(source_id),
        "target": sent.target,
        "position": sent.position,
        "excluded_descendants": dict.fromkeys(sent.excluded_descendants, True),
    }
    known_names = [name for name in mods if name.split(".")[0] in NodeChange.model_fields]
    fields["mods"] = fitting(mods, known_names, beside=fields)
    known = {"node_id": copy.node_id, "__COPYING_STATUS": "SUCCESS"}
    return [
        by_request(user, copy.channel_id, COPIED, _TABLE, copy.id, **fields),
        by_server(copy.channel_id, _TABLE, copy.id, known, True, user.user_id),
    ]


def _fields(row: ContentNode, names: Iterable[str]) -> Fields:
    """The named fields of a node, with tags as a map."""
    return fitting({**row, "tags": dict.fromkeys(row["tags"], True)}, names)
