"""Changes of the files and questions of nodes, with all derived data, in one transaction.

Derived data are the node's completeness and number of questions, the numbers of incomplete descendants on its
ancestors, and the revisions. Every change of a channel's nodes increments the channel's revision: if the revision is
still the one that was read, everything that was read after it is current.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pynamodb.transactions import TransactWrite

from chalicelib.domain.types import FileData, Reason
from chalicelib.errors import BadRequest
from chalicelib.models import emission, nodes
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import MAX_TRANSACTION, now, transact
from chalicelib.models.channels import Channel, as_counted
from chalicelib.models.emission import Emission
from chalicelib.models.file_places import FilePlace
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import is_new


@dataclass(frozen=True)
class NodeChange:
    """A node, its ancestors and its channel, which was read before them, with the node's new state.

    None leaves the files, the number of questions, the content_id, or the reasons why it is incomplete unchanged.
    """

    node: Node
    above: list[Node]
    channel: Channel
    reasons: list[Reason] | None = None
    files: list[FileData] | None = None
    assessment_item_count: int | None = None
    content_id: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the node is complete after the change."""
        return bool(self.node.complete) if self.reasons is None else not self.reasons


@dataclass(frozen=True)
class Changes:
    """The changes of one transaction.

    `nodes` include the nodes whose questions change, `put` and `deleted` are questions to save and to delete, `moved`
    are (old, new) places of uploads and files that are attached to a node or question, and `emissions` are for sync
    clients.
    """

    nodes: list[NodeChange]
    put: list[AssessmentItem] = field(default_factory=list)
    deleted: list[AssessmentItem] = field(default_factory=list)
    moved: list[tuple[FilePlace, FilePlace]] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)


def write(changes: Changes) -> bool:
    """Commit the changes. Returns False if the channel or a feed was changed since it was read.

    Raises BadRequest if there are more actions than fit into one DynamoDB transaction.
    """
    channels = {change.channel.id: change.channel for change in changes.nodes}
    updates = _updates(changes.nodes)
    parts = len(changes.put) + len(changes.deleted) + len(changes.moved)
    if len(updates) + len(channels) + parts + emission.actions(changes.emissions) > MAX_TRANSACTION:
        raise BadRequest("The node is nested too deeply. Move it or one of its ancestors further up first.")

    def fill(transaction: TransactWrite) -> None:
        for item in changes.deleted:
            transaction.delete(AssessmentItem(item.contentnode_id, item.assessment_id))
        for item in changes.put:
            transaction.save(item)
        for before, after in changes.moved:
            transaction.save(after, condition=_as_read(before))
        for channel in channels.values():
            actions: list[Any] = [Channel.rev.set(channel.rev + 1), Channel.modified.set(now())]
            transaction.update(Channel(channel.id), actions, condition=as_counted(channel))
        for node_id, made in updates.items():
            transaction.update(Node(node_id), made, condition=Node.id.exists())
        emission.emit(transaction, changes.emissions)

    return not transact(fill)


def _as_read(place: FilePlace) -> Any:
    if place.contentnode_id is None:
        return FilePlace.user_id == place.user_id
    return FilePlace.contentnode_id == place.contentnode_id


def _updates(changes: Iterable[NodeChange]) -> dict[str, list[Any]]:
    """The update actions of each node and ancestor by id. A node may be an ancestor of another one."""
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
    actions: list[Any] = [Node.modified.set(now()), Node.modified_rev.set(rev)]
    if change.reasons is not None:
        values = nodes.judged(change.node, change.reasons, rev, int(change.channel.published_rev))
        columns = ((getattr(Node, name), value) for name, value in values.items())
        actions += [column.remove() if value is None else column.set(value) for column, value in columns]
    if change.files is not None:
        actions.append(Node.files.set(change.files))
    if change.assessment_item_count is not None:
        actions.append(Node.assessment_item_count.set(change.assessment_item_count))
    if change.content_id is not None:
        actions.append(Node.content_id.set(change.content_id))
    return actions
