"""Change many nodes of a tree in batches. Each batch is one transaction, which is read again after a lost race.

The change of a node depends only on its current state, so an interrupted change can simply be repeated.
"""

import json
from collections.abc import Callable

from chalicelib.models import channels, nodes, trees
from chalicelib.models.base import MAX_TRANSACTION
from chalicelib.models.tree_changes import Changes, actions, commit
from chalicelib.operations.access.node_rights import Place, retried

MAX_NODES = 40  # per batch
MAX_BYTES = 3_000_000  # of the nodes of a batch: DynamoDB limits a transaction to 4 MB

Change = Callable[[Changes, list[Place]], None]


def change_each(channel_id: str, node_ids: list[str], note: Change, below: str | None = None) -> None:
    """Change the nodes that are in the live tree or the trash of a channel. Other nodes are skipped.

    `below` limits the change to this node and its descendants. `note` receives places, which are read after the
    channel, and adds their changes to `Changes`; it may be called repeatedly for the same nodes. Raises Busy if other
    requests constantly change the channel.
    """
    for at in range(0, len(node_ids), MAX_NODES):
        _change(channel_id, node_ids[at : at + MAX_NODES], note, below)


def _change(channel_id: str, node_ids: list[str], note: Change, below: str | None) -> None:
    if not retried(lambda: _attempt(channel_id, node_ids, note, below)):
        half = len(node_ids) // 2
        _change(channel_id, node_ids[:half], note, below)
        _change(channel_id, node_ids[half:], note, below)


def _attempt(channel_id: str, node_ids: list[str], note: Change, below: str | None) -> bool | None:
    """Return whether the nodes fitted into one transaction; None after a lost race."""
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
    return [place for place in places if _is_editable(place) and below in (None, *(node.id for node in place.path))]


def _is_editable(place: Place) -> bool:
    return place.path[0].channel_id == place.channel.id and (place.is_live or place.is_trash)


def _bytes(changes: Changes, places: list[Place]) -> int:
    changed = [nodes.to_data(place.node) for place in places if place.node.id in changes.fields]
    return len(json.dumps([*changed, *(item.attribute_values for item in changes.saved_questions)]))
