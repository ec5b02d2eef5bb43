"""Prerequisites: nodes to learn before another node of the same live tree. They must not form a cycle."""

from chalicelib.errors import NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import nodes
from chalicelib.models.base import now
from chalicelib.models.changes import Change
from chalicelib.models.tree_changes import Changes, commit, is_new, mark
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, retried
from chalicelib.operations.changes import part_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.schemas.contentnode import Prerequisite
from chalicelib.schemas.responses.content import Requisite

MAX_PREREQUISITES = 100  # per node


def add(user: Identity, node_id: str, sent: Prerequisite, origin: Origin = REQUEST) -> Requisite:
    """Add a prerequisite to a node; return the pair, as `requisites` lists it.

    An existing pair is returned unchanged. Raises NotFound, Forbidden and Conflict for either node, and
    ValidationFailed if the prerequisite is the node itself, is in another tree, or would form a cycle.
    """
    return retried(lambda: _add(user, node_id, sent.prerequisite, origin))


def _add(user: Identity, node_id: str, prerequisite_id: str, origin: Origin) -> Requisite | None:
    target = node_rights.live(user, node_id)
    other = node_rights.live(user, prerequisite_id)
    pair: Requisite = {"target_node": target.node.id, "prerequisite": other.node.id}
    present = list(target.node.prerequisites)
    if other.node.id in present:
        return pair
    problem = _problem(target, other)
    if len(present) >= MAX_PREREQUISITES:
        problem = f"A node has at most {MAX_PREREQUISITES} prerequisites. Remove one first."
    if problem:
        raise ValidationFailed({"prerequisite": [problem]})
    made = origin.emitted(part_changes.prerequisite_added(user, target.channel.id, pair))
    return pair if _write(target, [*present, other.node.id], made) else None


def remove(user: Identity, node_id: str, sent: Prerequisite, origin: Origin = REQUEST) -> None:
    """Remove a prerequisite from a node. Raises NotFound if the pair does not exist."""
    retried(lambda: _remove(user, node_id, sent.prerequisite, origin))


def _remove(user: Identity, node_id: str, prerequisite_id: str, origin: Origin) -> bool | None:
    target = node_rights.live(user, node_id)
    remaining = [id for id in target.node.prerequisites if id != prerequisite_id]
    if len(remaining) == len(target.node.prerequisites):
        raise NotFound(f"Node {prerequisite_id} is not a prerequisite of node {target.node.id}.")
    pair: Requisite = {"target_node": target.node.id, "prerequisite": prerequisite_id}
    made = origin.emitted(part_changes.prerequisite_removed(user, target.channel.id, pair))
    return _write(target, remaining, made) or None


def _write(target: Place, prerequisites: list[str], made: list[Change]) -> bool:
    changes = Changes([target.channel], emissions=emissions(made, target.counter))
    rev = changes.rev(target.channel.id)
    changes.fields[target.node.id] = {**nodes.requiring(prerequisites, rev), "modified": now(), "modified_rev": rev}
    if not is_new(target.node, target.channel):
        mark(changes, target.channel.id, target.above, "newest_modified_rev")
    return commit(changes)


def _problem(target: Place, other: Place) -> str | None:
    if other.node.id == target.node.id:
        return "A node cannot be its own prerequisite."
    if other.root_id != target.root_id:
        return "This node is in another tree. Choose a node of the same tree."
    if target.node.id in _required_by(other.node.id):
        return "This prerequisite would form a cycle: it already requires the node. Choose another one."
    return None


def _required_by(node_id: str) -> set[str]:
    """Return the ids of a node and its direct and indirect prerequisites. One batch read per level."""
    required: set[str] = set()
    level = {node_id}
    while level:
        required |= level
        found = nodes.get_many(sorted(level))
        level = {id for node in found for id in node.prerequisites} - required
    return required
