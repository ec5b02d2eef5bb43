"""Prerequisites: which nodes are to be learned before a node. Both lie in one live tree, and there is no circle."""

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

MAX_PREREQUISITES = 100  # of one node


def add(user: Identity, node_id: str, sent: Prerequisite, origin: Origin = REQUEST) -> Requisite:
    """Make one node the prerequisite of another; returns the pair, as `requisites` lists it.

    What is there already stays. Raises NotFound, Forbidden and Conflict for either node, ValidationFailed for the
    node itself, for one of another tree and for one that needs this node itself.
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
    made = part_changes.prerequisite_added(user, target.channel.id, pair) if origin.emits else []
    return pair if _write(target, [*present, other.node.id], made) else None


def remove(user: Identity, node_id: str, sent: Prerequisite, origin: Origin = REQUEST) -> None:
    """Take a prerequisite away. Raises NotFound where it is none."""
    retried(lambda: _remove(user, node_id, sent.prerequisite, origin))


def _remove(user: Identity, node_id: str, prerequisite_id: str, origin: Origin) -> bool | None:
    target = node_rights.live(user, node_id)
    kept = [id for id in target.node.prerequisites if id != prerequisite_id]
    if len(kept) == len(target.node.prerequisites):
        raise NotFound(f"Node {prerequisite_id} is no prerequisite of node {target.node.id}.")
    pair: Requisite = {"target_node": target.node.id, "prerequisite": prerequisite_id}
    made = part_changes.prerequisite_removed(user, target.channel.id, pair) if origin.emits else []
    return _write(target, kept, made) or None


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
        return "This node is in another channel. Choose one of the same tree."
    if target.node.id in _needed_by(other.node.id):
        return "This node needs the other one itself, maybe through others: that would be a circle."
    return None


def _needed_by(node_id: str) -> set[str]:
    """A node with all that it needs, directly or through others. One read a step, of as many nodes as there are."""
    needed: set[str] = set()
    step = {node_id}
    while step:
        needed |= step
        found = nodes.get_many(sorted(step))
        step = {id for node in found for id in node.prerequisites} - needed
    return needed
