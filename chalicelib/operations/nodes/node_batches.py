"""Changing many nodes of a tree, in pieces: each is one transaction, whole by itself, and lost races read it again.

What is done to a node follows from what is there, so that a change which was interrupted is simply made again.
"""

import json
from collections.abc import Callable

from chalicelib.models import channels, nodes, trees
from chalicelib.models.base import MAX_TRANSACTION
from chalicelib.models.tree_changes import Changes, actions, commit
from chalicelib.operations.access.node_rights import Place, retried

MAX_NODES = 40  # a piece at most
MAX_BYTES = 3_000_000  # of the nodes of a piece: DynamoDB counts 4 MB a transaction

Change = Callable[[Changes, list[Place]], None]


def change_each(channel_id: str, node_ids: list[str], note: Change, below: str | None = None) -> None:
    """Change those of the nodes that are in the live tree of the channel or its trash; with `below`, only this node
    and those below it.

    `note` is given places, each read after the channel, and notes in `Changes` what is to be changed about them; it
    may be called again for the same nodes. Raises Busy where others change the channel all the time.
    """
    for at in range(0, len(node_ids), MAX_NODES):
        _change(channel_id, node_ids[at : at + MAX_NODES], note, below)


def _change(channel_id: str, node_ids: list[str], note: Change, below: str | None) -> None:
    if not retried(lambda: _attempt(channel_id, node_ids, note, below)):
        half = len(node_ids) // 2
        _change(channel_id, node_ids[:half], note, below)
        _change(channel_id, node_ids[half:], note, below)


def _attempt(channel_id: str, node_ids: list[str], note: Change, below: str | None) -> bool | None:
    """Whether the nodes were few enough for one transaction; None where a race was lost."""
    places = _places(channel_id, node_ids, below)
    if not places:
        return True
    changes = Changes([places[0].channel])
    note(changes, places)
    if len(places) > 1 and (actions(changes) > MAX_TRANSACTION or _bytes(changes, places) > MAX_BYTES):
        return False
    return actions(changes) == len(changes.channels) or commit(changes) or None


def _places(channel_id: str, node_ids: list[str], below: str | None) -> list[Place]:
    channel = channels.get(channel_id)
    if channel is None:
        return []
    paths = trees.lineages(node_ids)
    places = [Place(path[-1], path[:-1], channel) for node_id in node_ids if (path := paths.get(node_id))]
    return [place for place in places if _is_there(place) and below in (None, *(node.id for node in place.path))]


def _is_there(place: Place) -> bool:
    return place.path[0].channel_id == place.channel.id and (place.is_live or place.is_trash)


def _bytes(changes: Changes, places: list[Place]) -> int:
    changed = [nodes.to_data(place.node) for place in places if place.node.id in changes.fields]
    return len(json.dumps([*changed, *(item.attribute_values for item in changes.asked)]))
