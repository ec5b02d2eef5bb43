"""Create and update single content nodes of live trees.

Each operation reads the node and its ancestors after the channel, and writes node, counts and revisions in one
transaction (see `models.tree_changes`). If another request changes the channel meanwhile, the operation is retried.
"""

import json
from collections.abc import Callable
from typing import Any

from le_utils.constants import content_kinds, roles

from chalicelib.domain.exercises import criteria
from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.ids import new_id
from chalicelib.domain.trees import node_defaults, positions
from chalicelib.domain.trees.node_edits import ACTIVITY_OF_KIND, changed_set, merged
from chalicelib.domain.types import CREDITS, LABELS, AssessmentItemData, NodeData, Reason
from chalicelib.errors import Conflict, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, nodes
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import MAX_NODE_BYTES, Node
from chalicelib.models.tree_changes import Changes, commit, count, is_new, mark, put, weight_of
from chalicelib.models.trees import Counts
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, retried
from chalicelib.operations.changes import node_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.nodes.node_reads import retrieve
from chalicelib.operations.nodes.node_representation import row_after_write
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.contentnode import NodeChange, NodeWrite
from chalicelib.schemas.responses.content import ContentNode

_PLAIN = (
    "title",
    "description",
    "language",
    *CREDITS,
    "role_visibility",
    "suggested_duration",
    "thumbnail_encoding",
)
_NESTED = ("tags", "labels", "extra_fields", "files")
_DERIVED = ("content_id", "complete", "assessment_item_count")


def create(user: Identity, sent: NodeWrite, origin: Origin = REQUEST) -> ContentNode:
    """Create a node as the last child of a topic; return it.

    Raises NotFound or Forbidden for the parent, ValidationFailed, and Conflict if the chosen id is in use.
    """
    node_id = sent.id or new_id()
    node, channel = retried(lambda: _create(user, node_id, sent, origin))
    return row_after_write(node, channel, {})


def _create(user: Identity, node_id: str, sent: NodeWrite, origin: Origin) -> tuple[Node, Channel] | None:
    parent = node_rights.live(user, sent.parent)
    node_rights.refuse_resource(parent.node)
    if nodes.get(node_id):
        raise Conflict(f"A node with the id {node_id} already exists. Choose another id, or omit it.")
    changes = Changes([parent.channel])
    sent = _with_defaults(sent, parent.channel, origin)
    given = sent.model_fields_set
    node = _new(parent, node_id, sent, changes.rev(parent.channel.id))
    put(changes, node, parent.path, weight_of(node))
    changes.sums[parent.node.id]["next_position"] = 1
    made = node_changes.created(user, row_after_write(node, parent.channel, {}), given)
    changes.emissions = emissions(origin.emitted(made), parent.counter)
    return (node, parent.channel) if commit(changes) else None


def _with_defaults(sent: NodeWrite, channel: Channel, origin: Origin) -> NodeWrite:
    """Add the channel's defaults to a new node. Sync clients have applied them already."""
    defaults = {} if origin.applied else channel.content_defaults
    given = {name: getattr(sent, name) for name in sent.model_fields_set}
    return sent.model_copy(update=node_defaults.of_new_node(sent.kind, defaults, given))


def _new(parent: Place, node_id: str, sent: NodeWrite, rev: int) -> Node:
    node = Node(
        id=node_id,
        node_id=new_id(),
        content_id=new_id(),
        parent_id=parent.node.id,
        tree_id=parent.root_id,
        channel_id=parent.channel.id,
        path=[above.id for above in parent.path],
        kind=sent.kind,
        role_visibility=roles.LEARNER,
        position=positions.appended(int(parent.node.next_position), node_id),
        created_rev=rev,
        modified_rev=rev,
    )
    if sent.kind in ACTIVITY_OF_KIND:
        node.labels = {"learning_activities": [ACTIVITY_OF_KIND[sent.kind]]}
    edit(node, sent)
    finish(node, [])
    return node


def update(user: Identity, node_id: str, sent: NodeChange) -> ContentNode:
    """`apply` for a request; return the updated node."""
    apply(user, node_id, sent)
    return retrieve(user, node_id)


def apply(user: Identity, node_id: str, sent: NodeChange, origin: Origin = REQUEST, seen: str = "") -> None:
    """Update the given fields of a node. Raises NotFound, Forbidden, Conflict, ValidationFailed.

    With `seen`, the time `modified` of the node as the user saw it, raises Conflict if it was changed since.
    """
    retried(lambda: _update(user, node_id, sent, origin, seen))


def _update(user: Identity, node_id: str, sent: NodeChange, origin: Origin, seen: str) -> bool | None:
    place = node_rights.live(user, node_id)
    node = place.node
    if seen and seen != moment(node.modified or place.channel.modified):
        raise Conflict("This node was changed after you opened it. Compare it with what you typed, then save again.")
    _refuse_fixed(node, sent)
    changes = Changes([place.channel])
    items = questions_of(node)
    if not change(changes, place, lambda: edit(node, sent), items):
        return True
    made = node_changes.updated(user, row_after_write(node, place.channel, {}), sent.model_fields_set)
    changes.emissions = emissions(origin.emitted(made), place.counter)
    return commit(changes) or None


def questions_of(node: Node) -> list[AssessmentItemData]:
    """Return the questions of an exercise, without raw data that is stored separately. Other nodes have none."""
    found = assessment_items.as_stored(node.id) if node.kind == content_kinds.EXERCISE else []
    return [assessment_items.outline(item) for item in found]


def change(
    changes: Changes,
    place: Place,
    make: Callable[[], None],
    items: list[AssessmentItemData],
    is_changed: bool = False,
) -> bool:
    """Apply `make` to a node and add the changes that result to `changes`; return whether there are any.

    `items` are the questions that the node will have; `is_changed` says that they differ from the present ones. Raises
    ValidationFailed if the node becomes too large.
    """
    node = place.node
    before, weight = _stored(node), weight_of(node)
    make()
    rev = changes.rev(place.channel.id)
    judged = nodes.judged(node, incomplete_reasons(nodes.to_data(node), items), rev, int(place.channel.published_rev))
    after = {**_stored(node), "complete": judged["complete"]}
    if after == before and not is_changed:
        return False
    changed = {name: value for name, value in after.items() if value != before[name]}
    changed |= {name: value for name, value in judged.items() if value != getattr(node, name)}
    for name, value in judged.items():
        setattr(node, name, value)
    finish(node, items)
    changes.fields[node.id] |= {**changed, "modified": node.modified, "modified_rev": rev}
    count(changes, place.above, _difference(weight, weight_of(node)))
    if not is_new(node, place.channel):
        mark(changes, place.channel.id, place.above, "newest_modified_rev")
    return True


def _refuse_fixed(node: Node, sent: NodeChange) -> None:
    wrong = {}
    if "parent" in sent.model_fields_set and sent.parent != node.parent_id:
        wrong["parent"] = [f"An update cannot change the parent. Use POST /api/contentnode/{node.id}/move."]
    if "kind" in sent.model_fields_set and sent.kind != node.kind:
        wrong["kind"] = ["The kind of a node cannot be changed. Create another node."]
    if wrong:
        raise ValidationFailed(wrong)


def edit(node: Node, sent: NodeChange) -> None:
    """Apply an update to a node without saving it. Raises ValidationFailed if its kind does not allow the update."""
    given = sent.model_fields_set
    for name in _PLAIN:
        if name in given:
            setattr(node, name, getattr(sent, name))
    if "tags" in given:
        node.tags = changed_set(sent.tags, node.tags)
    labels = dict(node.labels)
    for name in LABELS:
        if name in given:
            labels[name] = changed_set(getattr(sent, name), labels.get(name, []))
    node.labels = {name: values for name, values in labels.items() if values}
    if "extra_fields" in given:
        after = merged(node.extra_fields, sent.extra_fields)
        problem = problem_of(node.kind, after) if after != node.extra_fields else None
        node.extra_fields = after
        if problem:
            raise ValidationFailed({"extra_fields": [problem]})


def problem_of(kind: str, extra_fields: dict[str, Any]) -> str | None:
    """Return what is wrong with the extra fields of a node of this kind, as a sentence, or None."""
    problem = criteria.problem(kind, extra_fields)
    if not problem and not criteria.is_allowed_for_kind(kind, extra_fields):
        problem = f"options.completion_criteria has a model that is not allowed for nodes of kind {kind}."
    if not problem and kind == content_kinds.EXERCISE and not isinstance(extra_fields.get("randomize"), bool):
        problem = "randomize (true or false) is required for an exercise."
    return problem


def finish(node: Node, items: list[AssessmentItemData]) -> None:
    """Set `complete`, `incomplete_reasons` and `modified` of a node. Raises ValidationFailed if it is too large."""
    data: NodeData = nodes.to_data(node)
    judge(node, incomplete_reasons(data, items))
    node.modified = now()
    if len(json.dumps(data)) > MAX_NODE_BYTES:
        raise ValidationFailed({"non_field_errors": [f"The node is larger than {MAX_NODE_BYTES} bytes. Shorten it."]})


def judge(node: Node, reasons: list[Reason]) -> None:
    """Set `complete` and `incomplete_reasons` of a node whose revisions are set elsewhere, if it has any."""
    node.complete, node.incomplete_reasons = not reasons, reasons or None


def _stored(node: Node) -> dict[str, Any]:
    return {name: getattr(node, name) for name in (*_PLAIN, *_NESTED, *_DERIVED)}


def _difference(before: Counts, after: Counts) -> Counts:
    return Counts(
        after.total - before.total,
        after.resources - before.resources,
        after.coach - before.coach,
        after.errors - before.errors,
    )
