"""Rebalance the positions of siblings when many insertions between the same two make them too precise for `lft`.

`lft` is a JSON number, and clients sort by it. Positions that it cannot represent exactly are replaced by integers in
the background, with the positions of all following siblings. Batches run from the last sibling to the first, and each
batch is placed behind all siblings that are not yet done, so that the order is correct after every batch, even if
other requests insert nodes meanwhile. It is not a change of the channel, as published data depends only on the order.
"""

from functools import partial

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.trees import positions
from chalicelib.models import channels, children, nodes, trees
from chalicelib.models.children import Child
from chalicelib.models.tree_changes import Changes, commit
from chalicelib.operations.access.node_rights import retried

DELAY = 5  # seconds after which the insertion is usually committed; otherwise the next insertion requests it again
MAX_AT_ONCE = 25  # children per batch: each takes three actions of a transaction


def request(parent_id: str, position: str) -> None:
    """Schedule rebalancing of a topic's children if `lft` cannot represent the new position of one of them.

    Call it before the position is written.
    """
    if not positions.is_exact(position):
        queues.send_maintenance(jobs.SPACE_CHILDREN.message(parent_id=parent_id), delay=DELAY)


def rebalance(parent_id: str) -> None:
    """Replace the positions of a topic's children that `lft` cannot represent exactly. May run repeatedly or late.

    Raises Busy if other requests constantly change the channel.
    """
    done_from: int | None = 0
    while done_from is not None:
        (done_from,) = retried(partial(_step, parent_id, done_from))


def _step(parent_id: str, done_from: int) -> tuple[int | None] | None:
    """Rebalance one batch. `done_from`: siblings from this number on are done (0: none yet).

    Returns (the new `done_from`,), or (0,) to start again, or (None,) at the end; None after a lost race.
    """
    path = trees.lineage(parent_id, [])
    channel = channels.get(path[0].channel_id) if path else None
    parent = nodes.get(parent_id) if channel else None
    if channel is None or parent is None:
        return (None,)
    rest = [edge for edge in children.of(parent_id) if not done_from or positions.value_of(edge.position) < done_from]
    first = next((at for at, edge in enumerate(rest) if not positions.is_exact(edge.position)), None)
    if first is None:
        return (None,)
    changes = Changes([channel], is_quiet=True)
    if not done_from:
        done_from = int(parent.next_position) + len(rest) - first
        changes.fields[parent_id]["next_position"] = done_from
    at = max(first, len(rest) - MAX_AT_ONCE)
    number = done_from - (len(rest) - at)
    if at and positions.value_of(rest[at - 1].position) >= number:  # other requests inserted nodes meanwhile
        return (0,)
    _place(changes, parent_id, rest[at:], number)
    return (number,) if commit(changes) else None


def _place(changes: Changes, parent_id: str, edges: list[Child], number: int) -> None:
    """Assign consecutive integers to children, in their order."""
    for at, edge in enumerate(edges, number):
        position = positions.appended(at, edge.node_id)
        changes.freed.append((parent_id, edge.position))
        changes.placed.append(Child(parent_id, position, node_id=edge.node_id, kind=edge.kind))
        changes.fields[edge.node_id]["position"] = position
