"""Copies of subtrees of any size, which become visible all at once.

A copy first reserves the id of its top node by an item that no user may view, as it has the id of the attempt instead
of a channel's. Descendants have `copied_below`; lists that find them by id leave them out until the top node exists.
They are written only while this attempt owns the reservation. A later attempt takes it over and deletes them first, so
that two attempts never mix. Only an attempt that was paused after a batch is resumed: `pause` marks its reservation
with a digest of what is copied, the number of nodes that are written, and their revision.
The commit (`Changes.attempt`) replaces the reservation by the node.
"""

import json
from collections.abc import Iterator
from typing import Any, cast

from le_utils.constants import content_kinds, roles
from pynamodb.transactions import TransactWrite

from chalicelib.errors import Busy, Conflict, Superseded
from chalicelib.models import assessment_items, nodes, tree_streams, trees
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import MAX_TRANSACTION, Table, in_parallel, save_if, transact, update_if
from chalicelib.models.children import Child
from chalicelib.models.nodes import Node

MAX_BYTES = 3_000_000  # a DynamoDB transaction holds 4 MB
Group = list[Table]  # items that are written in the same transaction
Key = tuple[type[Table], tuple[str, ...]]


class Paused(Busy):
    """An attempt took too long and ended after this many nodes; the next one resumes it."""

    def __init__(self, done: int) -> None:
        super().__init__(f"The copy is large. It continues after {done} nodes.", retry_after=1)
        self.done = done


def is_paused(reservation: Node | None, mark: str) -> bool:
    """Whether this is the reservation of a paused copy of exactly these nodes."""
    return reservation is not None and bool(reservation.title == mark) and nodes.is_reserved(reservation)


def pause(node_id: str, attempt: str, mark: str, done: int, rev: int) -> None:
    """Let another attempt resume this one. Raises Superseded if one owns the reservation."""
    actions = [Node.title.set(mark), Node.total_count.set(done), Node.created_rev.set(rev)]
    if not update_if(Node(node_id), actions, Node.tree_id == attempt):
        raise _superseded(node_id)


def resume(paused: Node, attempt: str) -> bool:
    """Take over the reservation of a paused attempt. Returns False if another one did."""
    return save_if(_reservation(paused.id, attempt), Node.tree_id == paused.tree_id)


def reserve(node_id: str, attempt: str) -> bool:
    """Reserve an id for an attempt, taking over earlier reservations. Returns False if the node already exists."""
    row = _reservation(node_id, attempt)
    if not save_if(row, Node.id.does_not_exist() | (Node.tree_id == Node.channel_id)):
        return False
    clear(node_id, attempt)
    return True


def _reservation(node_id: str, attempt: str) -> Node:
    return Node(
        id=node_id,
        node_id=attempt,
        content_id=attempt,
        tree_id=attempt,
        channel_id=attempt,
        kind=content_kinds.TOPIC,
        role_visibility=roles.LEARNER,
    )


def write(node_id: str, attempt: str, groups: list[Group]) -> None:
    """Write new nodes with their edges and questions below a reserved id, in order.

    Raises Superseded if another attempt owns the reservation, and Conflict if one of the nodes already exists.
    """
    for part in _parts(groups):
        _fenced(node_id, attempt, puts=part)


def count(node_id: str, attempt: str, counts: dict[str, trees.Counts], children: dict[str, int]) -> None:
    """Store the counts of descendants and children on topics below a reserved id."""
    topics = list(counts)
    for at in range(0, len(topics), MAX_TRANSACTION - 1):
        part = {id: (counts[id], children.get(id, 0)) for id in topics[at : at + MAX_TRANSACTION - 1]}
        _fenced(node_id, attempt, counts=part)


def give_back(node_id: str, attempt: str) -> None:
    """Release a reserved id and delete everything below it, unless another attempt owns it."""
    try:
        clear(node_id, attempt)
        _fenced(node_id, attempt, is_end=True)
    except Superseded:
        return


def clear(node_id: str, attempt: str) -> None:
    """Delete everything that earlier attempts wrote below a reserved id, bottom up, so that the rest can be found."""
    for part in tree_streams.chunks(reversed(list(tree_streams.steps(node_id)))):
        exercises = [step.id for step in part if step.id == node_id or step.kind == content_kinds.EXERCISE]
        questions = [key for keys in in_parallel(assessment_items.keys_of, exercises) for key in keys]
        gone: list[Key] = [(AssessmentItem, key) for key in questions]
        for step in part:
            if step.id != node_id:
                gone += [(Node, (step.id,)), (Child, (step.parent_id, step.position))]
        for at in range(0, len(gone), MAX_TRANSACTION - 2):
            _fenced(node_id, attempt, deletes=gone[at : at + MAX_TRANSACTION - 2])


def _parts(groups: list[Group]) -> Iterator[list[Table]]:
    part: list[Table] = []
    size = 0
    for group in groups:
        bytes_of = sum(len(json.dumps(row.serialize())) for row in group)
        if part and (len(part) + len(group) >= MAX_TRANSACTION or size + bytes_of > MAX_BYTES):
            yield part
            part, size = [], 0
        part, size = [*part, *group], size + bytes_of
    if part:
        yield part


def _fenced(
    node_id: str,
    attempt: str,
    puts: list[Table] | None = None,
    deletes: list[Key] | None = None,
    counts: dict[str, tuple[trees.Counts, int]] | None = None,
    is_end: bool = False,
) -> None:
    """One transaction, on condition that the attempt still owns the reservation."""
    is_owner = Node.tree_id == attempt

    def fill(transaction: TransactWrite) -> None:
        if is_end:
            transaction.delete(Node(node_id), condition=is_owner)
            return
        transaction.condition_check(Node, node_id, condition=is_owner)
        for model, key in deletes or []:
            transaction.delete(cast(Any, model)(*key))
        for row in puts or []:
            transaction.save(row, condition=Node.id.does_not_exist() if isinstance(row, Node) else None)
        for topic_id, (below, children) in (counts or {}).items():
            transaction.update(Node(topic_id), _counted(below, children))

    codes = transact(fill)
    if codes and codes[0]:
        raise _superseded(node_id)
    if codes:
        raise Conflict(f"Some nodes of the copy {node_id} already exist. Choose another key.")


def _superseded(node_id: str) -> Superseded:
    return Superseded(f"Another request is creating node {node_id}. Choose another key.")


def _counted(below: trees.Counts, children: int) -> list[Any]:
    return [
        Node.total_count.set(below.total),
        Node.resource_count.set(below.resources),
        Node.coach_count.set(below.coach),
        Node.error_count.set(below.errors),
        Node.next_position.set(children),
    ]
