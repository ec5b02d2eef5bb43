"""Changing what is part of nodes (their files, their questions) with all that follows from it, in one transaction.

What follows: whether the node is complete, how many questions it has, how many incomplete nodes its ancestors count
below them, and the revisions. Every change of a channel's nodes takes the next revision of the channel, so what was
read after the channel is as it was read where the revision still is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pynamodb.transactions import TransactWrite

from chalicelib.domain.types import FileData
from chalicelib.errors import BadRequest
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import MAX_TRANSACTION, now, transact, unchanged
from chalicelib.models.channels import Channel
from chalicelib.models.file_places import FilePlace
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import is_new


@dataclass(frozen=True)
class NodeChange:
    """A node as it was read, its ancestors, the channel as it was read before these, and what the node is to have.

    None leaves its files, or its count of questions, as they are.
    """

    node: Node
    above: list[Node]
    channel: Channel
    complete: bool
    files: list[FileData] | None = None
    assessment_item_count: int | None = None


@dataclass(frozen=True)
class Changes:
    """What one transaction changes: nodes, those too whose questions change; questions that are put in place or go;
    entries of uploads that are now part of something, and of files that move, each as it was and as it is to be."""

    nodes: list[NodeChange]
    put: list[AssessmentItem] = field(default_factory=list)
    gone: list[AssessmentItem] = field(default_factory=list)
    moved: list[tuple[FilePlace, FilePlace]] = field(default_factory=list)


def write(changes: Changes) -> bool:
    """Write all or nothing; says whether it did, which it does not where the channel changed since it was read.

    Raises BadRequest where it is more than a transaction of DynamoDB holds.
    """
    channels = {change.channel.id: change.channel for change in changes.nodes}
    updates = _updates(changes.nodes)
    if len(updates) + len(channels) + len(changes.put) + len(changes.gone) + len(changes.moved) > MAX_TRANSACTION:
        raise BadRequest("The node is too many levels down. Move it, or a topic above it, further up first.")

    def fill(transaction: TransactWrite) -> None:
        for item in changes.gone:
            transaction.delete(AssessmentItem(item.contentnode_id, item.assessment_id))
        for item in changes.put:
            transaction.save(item)
        for before, after in changes.moved:
            transaction.save(after, condition=_as_read(before))
        for channel in channels.values():
            actions: list[Any] = [Channel.rev.set(channel.rev + 1), Channel.modified.set(now())]
            transaction.update(Channel(channel.id), actions, condition=unchanged(Channel.rev, channel.rev))
        for node_id, made in updates.items():
            transaction.update(Node(node_id), made, condition=Node.id.exists())

    return not transact(fill)


def _as_read(place: FilePlace) -> Any:
    if place.contentnode_id is None:
        return FilePlace.user_id == place.user_id
    return FilePlace.contentnode_id == place.contentnode_id


def _updates(changes: Iterable[NodeChange]) -> dict[str, list[Any]]:
    """What is done to each node and ancestor, by id; a node may be an ancestor of another one."""
    errors: Counter[str] = Counter()
    newest: dict[str, int] = {}
    updates: dict[str, list[Any]] = {}
    for change in changes:
        rev = int(change.channel.rev) + 1
        updates[change.node.id] = _own(change, rev)
        more_errors = int(bool(change.node.complete)) - int(change.complete)
        for ancestor in change.above:
            errors[ancestor.id] += more_errors
            if not is_new(change.node, change.channel):
                newest[ancestor.id] = rev
    for node_id, rev in newest.items():
        updates.setdefault(node_id, []).append(Node.newest_modified_rev.set(rev))
    for node_id, more in errors.items():
        if more:
            updates.setdefault(node_id, []).append(Node.error_count.add(more))
    return updates


def _own(change: NodeChange, rev: int) -> list[Any]:
    actions: list[Any] = [Node.complete.set(change.complete), Node.modified.set(now()), Node.modified_rev.set(rev)]
    if change.files is not None:
        actions.append(Node.files.set(change.files))
    if change.assessment_item_count is not None:
        actions.append(Node.assessment_item_count.set(change.assessment_item_count))
    return actions
