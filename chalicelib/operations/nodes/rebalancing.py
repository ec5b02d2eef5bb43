"""Room among siblings: where many are put between the same two, their positions get too fine for `lft`.

`lft` is a number of JSON, and clients sort by it. Positions that it cannot say exactly are replaced by whole numbers in
the background, with those of all siblings behind: the last ones first, each piece behind everything that is still to
come, so that the order is right after every piece, also where others add nodes in between. It is no change of the
channel: nothing of what is published follows from positions but the order.
"""

from functools import partial

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.trees import positions
from chalicelib.models import channels, children, nodes, trees
from chalicelib.models.children import Child
from chalicelib.models.tree_changes import Changes, commit
from chalicelib.operations.access.node_rights import retried

DELAY = 5  # seconds after which the node is in its place, mostly; else the next one asks again
MAX_AT_ONCE = 25  # children: three actions of a transaction each


def ask(parent_id: str, position: str) -> None:
    """Have the children of a topic spaced, where one of them gets a position that `lft` cannot say. Before it does."""
    if not positions.is_exact(position):
        queues.send_maintenance(jobs.SPACE_CHILDREN.message(parent_id=parent_id), delay=DELAY)


def space(parent_id: str) -> None:
    """Let `lft` say the positions of all children of a topic exactly. Done twice, or late, all is well.

    Raises Busy where others change the channel all the time.
    """
    done_from: int | None = 0
    while done_from is not None:
        (done_from,) = retried(partial(_step, parent_id, done_from))


def _step(parent_id: str, done_from: int) -> tuple[int | None] | None:
    """One piece: the number from which on all is done (0: to begin anew), (None,) at the end; None for a lost race."""
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
    if at and positions.value_of(rest[at - 1].position) >= number:  # others were put in between
        return (0,)
    _place(changes, parent_id, rest[at:], number)
    return (number,) if commit(changes) else None


def _place(changes: Changes, parent_id: str, edges: list[Child], number: int) -> None:
    """Give children whole numbers, in their order."""
    for at, edge in enumerate(edges, number):
        position = positions.appended(at, edge.node_id)
        changes.freed.append((parent_id, edge.position))
        changes.placed.append(Child(parent_id, position, node_id=edge.node_id, kind=edge.kind))
        changes.fields[edge.node_id]["position"] = position
