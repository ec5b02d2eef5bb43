"""Changes of trees: nodes, edges, counts and revisions in one transaction.

The data for a change is read after its channels, and every change increments the `rev` of its channels if that
is unchanged. So no data that was read can have changed meanwhile. After a conflict, callers read again and retry.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from le_utils.constants import content_kinds, roles
from pynamodb.transactions import TransactWrite

from chalicelib.errors import BadRequest
from chalicelib.models import emission
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import MAX_TRANSACTION, now, transact
from chalicelib.models.channels import Channel, as_counted
from chalicelib.models.children import Child
from chalicelib.models.emission import Emission
from chalicelib.models.nodes import Node
from chalicelib.models.trees import Counts, edge_of


@dataclass
class Changes:
    """The changes of one transaction. `channels` were read before all other data."""

    channels: list[Channel]
    saved: list[Node] = field(default_factory=list)
    placed: list[Child] = field(default_factory=list)
    freed: list[tuple[str, str]] = field(default_factory=list)  # keys of edges
    fields: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))  # by node, new values
    sums: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))  # by node, what is added
    saved_questions: list[AssessmentItem] = field(default_factory=list)
    deleted_questions: list[AssessmentItem] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)  # changes for sync clients
    is_quiet: bool = False  # part of an earlier change, so the channel keeps its revision
    is_end: bool = False  # of what nobody sees: the channel keeps its revision, but writes that were read before fail
    attempt: str | None = None  # the copy that reserved the id of the first of `saved`, see `models.tree_copies`

    def rev(self, channel_id: str) -> int:
        """The revision of a channel after the change."""
        return next(int(channel.rev) + 1 for channel in self.channels if channel.id == channel_id)


def weight_of(node: Node) -> Counts:
    """The contribution of a node and its descendants to the counts of its ancestors."""
    is_resource = node.kind != content_kinds.TOPIC
    return Counts(
        total=1 + int(node.total_count),
        resources=is_resource + int(node.resource_count),
        coach=(is_resource and node.role_visibility == roles.COACH) + int(node.coach_count),
        errors=(not node.complete) + int(node.error_count),
    )


def count(changes: Changes, ancestors: list[Node], weight: Counts, sign: int = 1) -> None:
    """Add a weight to the counts of ancestors, or subtract it if `sign` is -1."""
    parts = {
        "total_count": weight.total,
        "resource_count": weight.resources,
        "coach_count": weight.coach,
        "error_count": weight.errors,
    }
    for ancestor in ancestors:
        sums = changes.sums[ancestor.id]
        for name, value in parts.items():
            sums[name] = sums.get(name, 0) + sign * value


def is_new(node: Node, channel: Channel) -> bool:
    """Whether a node of the live tree is in no published version, which is recorded on its ancestors."""
    return max(int(node.created_rev), int(channel.root_rev)) > int(channel.published_rev)


def mark(changes: Changes, channel_id: str, ancestors: list[Node], name: str) -> None:
    """Record on ancestors that a descendant was created (`newest_created_rev`) or modified (`newest_modified_rev`)."""
    for ancestor in ancestors:
        changes.fields[ancestor.id][name] = changes.rev(channel_id)


def put(changes: Changes, node: Node, ancestors: list[Node], weight: Counts) -> None:
    """Add a new node with a position to the last of `ancestors`."""
    changes.saved.append(node)
    changes.placed.append(edge_of(node))
    count(changes, ancestors, weight)
    mark(changes, node.channel_id, ancestors, "newest_created_rev")


def commit(changes: Changes) -> bool:
    """Commit the changes in one transaction. Returns False after a conflict.

    Raises BadRequest if there are more actions than fit into a DynamoDB transaction.
    """
    updates = _updates(changes)
    if actions(changes) > MAX_TRANSACTION:
        raise BadRequest(
            f"This changes {actions(changes)} items at once, but at most {MAX_TRANSACTION} are possible: the tree is "
            "too deep, or too many nodes change their channel. Choose a smaller part."
        )

    def fill(transaction: TransactWrite) -> None:
        _put_and_delete(transaction, changes)
        for channel in changes.channels:
            transaction.update(Channel(channel.id), _raised(channel, changes), condition=as_counted(channel))
        for node_id, made in updates.items():
            transaction.update(Node(node_id), made, condition=Node.id.exists())
        emission.emit(transaction, changes.emissions)

    return not transact(fill)


def _put_and_delete(transaction: TransactWrite, changes: Changes) -> None:
    reserved = Node.tree_id == changes.attempt if changes.attempt else Node.id.does_not_exist()
    for parent_id, position in changes.freed:
        transaction.delete(Child(parent_id, position), condition=Child.node_id.exists())
    for item in changes.deleted_questions:
        transaction.delete(AssessmentItem(item.contentnode_id, item.assessment_id))
    for number, node in enumerate(changes.saved):
        transaction.save(node, condition=Node.id.does_not_exist() if number else reserved)
    for edge in changes.placed:
        transaction.save(edge, condition=Child.node_id.does_not_exist())
    for item in changes.saved_questions:
        transaction.save(item)


def _raised(channel: Channel, changes: Changes) -> list[Any]:
    if changes.is_end:
        return [Channel.freed.set(int(channel.freed) + 1)]
    if changes.is_quiet:
        return [Channel.rev.set(channel.rev)]
    return [Channel.rev.set(channel.rev + 1), Channel.modified.set(now())]


def actions(changes: Changes) -> int:
    """The number of actions in the transaction."""
    puts = len(changes.saved) + len(changes.placed) + len(changes.saved_questions)
    deletes = len(changes.freed) + len(changes.deleted_questions)
    emitted = emission.actions(changes.emissions)
    return puts + deletes + len(changes.channels) + len(_updates(changes)) + emitted


def _updates(changes: Changes) -> dict[str, list[Any]]:
    updates: dict[str, list[Any]] = {}
    for node_id in dict.fromkeys([*changes.fields, *changes.sums]):
        values = changes.fields.get(node_id, {})
        made = [_column(name).remove() if value is None else _column(name).set(value) for name, value in values.items()]
        made += [_column(name).add(value) for name, value in changes.sums.get(node_id, {}).items() if value]
        if made:
            updates[node_id] = made
    return updates


def _column(name: str) -> Any:
    return getattr(Node, name)
