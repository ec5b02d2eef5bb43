"""Apply one update to a node and all its descendants (sync: UPDATED_DESCENDANTS)."""

from contextlib import suppress

from le_utils.constants import content_kinds

from chalicelib.domain.trees.node_edits import merged
from chalicelib.errors import ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import tree_streams
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.nodes.node_batches import change_each
from chalicelib.operations.nodes.node_writes import change, edit, problem_of, questions_of
from chalicelib.schemas.contentnode import NodeChange

_PER_NODE = frozenset({"title", "description", "thumbnail_encoding", "parent", "kind"})
_RESOURCES_ONLY = frozenset(
    {
        "license",
        "license_description",
        "copyright_holder",
        "role_visibility",
        "suggested_duration",
        "learning_activities",
        "accessibility_labels",
        "extra_fields",
    }
)


def update(user: Identity, node_id: str, sent: NodeChange) -> None:
    """Apply the same update to a node and all its descendants.

    Fields that a kind cannot have are skipped. The number of nodes is unlimited; they are written in batches, and after
    an interruption the same call completes the update. Raises NotFound, Forbidden and Conflict for the node, and
    ValidationFailed for fields that must be set for each node separately.
    """
    place = node_rights.live(user, node_id)
    _refuse_per_node(sent)
    ids = tree_streams.ids(place.node.id)

    def note(changes: Changes, places: list[Place]) -> None:
        for one in places:
            _note(changes, one, sent)

    change_each(place.channel.id, ids, note, below=place.node.id)


def _refuse_per_node(sent: NodeChange) -> None:
    wrong = sorted(sent.model_fields_set & _PER_NODE)
    if wrong:
        detail = "This field cannot be changed for many nodes at once. Change each node separately."
        raise ValidationFailed({name: [detail] for name in wrong})


def _note(changes: Changes, place: Place, sent: NodeChange) -> None:
    part = _part(sent, place.node)
    with suppress(ValidationFailed):  # the node would exceed the maximum size
        change(changes, place, lambda: edit(place.node, part), questions_of(place.node))


def _part(sent: NodeChange, node: Node) -> NodeChange:
    """Return the part of an update that applies to a node of this kind."""
    names = set(sent.model_fields_set)
    if node.kind == content_kinds.TOPIC:
        names -= _RESOURCES_ONLY
    if "extra_fields" in names and problem_of(node.kind, merged(node.extra_fields, sent.extra_fields)):
        names -= {"extra_fields"}
    return NodeChange.model_construct(_fields_set=names, **{name: getattr(sent, name) for name in names})
