"""Delete nodes of the trash for good.

One transaction cuts a node from the trash (`models.purges`); it is gone then, with everything below it. A job removes
the items bottom up in bounded steps. Whatever it does may be repeated, so it may be killed anywhere. Its message is
sent before the cut, so that it arrives even if the process is killed right after it.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice

from chalicelib.aws import queues
from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain import jobs
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.errors import Busy, NotFound, StudioError
from chalicelib.identity.authentication import Identity
from chalicelib.models import file_references, nodes, purges
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import in_parallel
from chalicelib.models.changes import is_repeated
from chalicelib.models.children import Child
from chalicelib.models.file_places import FilePlace
from chalicelib.models.nodes import Node
from chalicelib.models.purges import Key
from chalicelib.models.tree_changes import Changes, commit, count, weight_of
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, retried
from chalicelib.operations.changes import node_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.nodes import node_moves
from chalicelib.operations.storage import tree_files, uses
from chalicelib.telemetry import log

DELAY = 60  # seconds after which the cut has either been committed or failed
EXPIRE_DELAY = 5  # the same, for a worker
MAX_NODES = 1000  # removed by one message
_SCHEDULE = Identity("", "", "", "", is_admin=True)


def delete(user: Identity, node_id: str, origin: Origin) -> None:
    """Move a node to the trash, or delete it for good if it is there.

    A sync change that moved it there does nothing if it is applied again, as its worker was killed, or sent again, as
    its client got no answer. Raises BadRequest for roots.
    """
    try:
        node_moves.move_to_trash(user, node_id, origin)
    except node_moves.InTrash as found:
        mark = found.node.deleted_by
        if mark != origin.mark and not (origin.applied and is_repeated(origin.applied, mark)):
            purge(user, node_id, origin)


def purge(user: Identity, node_id: str, origin: Origin = REQUEST) -> None:
    """Delete a node that is in the trash for good, with everything below it.

    Raises NotFound if the node is not in the trash or the user may not view it, and Forbidden if they may only view it.
    """
    cut_id = retried(lambda: _cut(user, node_id, origin))
    try:
        queues.send_maintenance(jobs.PURGE_NODES.message(node_id=cut_id))
    except (StudioError, *UNAVAILABLE):  # the message that was sent before the cut does it
        log.exception("nodes will be removed late", extra={"node_id": cut_id})


def expire(node_id: str, is_due: Callable[[Node], bool]) -> None:
    """Delete a node for good whose time in the trash is over, unless it was restored meanwhile. Its job removes it.

    The revision of the channel stays as it is, so that it has no unpublished changes because of this.
    """
    with suppress(NotFound):
        retried(lambda: _expire(node_id, is_due))


def _expire(node_id: str, is_due: Callable[[Node], bool]) -> bool | None:
    """Whether the node was due; None after a lost race."""
    place = node_rights.purgeable(_SCHEDULE, node_id)
    if not is_due(place.node):
        return False
    queues.send_maintenance(jobs.PURGE_NODES.message(node_id=place.node.id), delay=EXPIRE_DELAY)
    changes = Changes([place.channel], is_end=True)
    changes.emissions = emissions(node_changes.expired(place), place.counter)
    _take_out(changes, place)
    return commit(changes) or None


def _cut(user: Identity, node_id: str, origin: Origin) -> str | None:
    """Return the id of the node; None after a lost race."""
    place = node_rights.purgeable(user, node_id)
    node = place.node
    queues.send_maintenance(jobs.PURGE_NODES.message(node_id=node.id), delay=DELAY)
    changes = Changes([place.channel])
    changes.emissions = emissions(origin.emitted(node_changes.purged(user, place)), place.counter)
    _take_out(changes, place)
    return str(node.id) if commit(changes) else None


def _take_out(changes: Changes, place: Place) -> None:
    node = place.node
    changes.freed.append((str(node.parent_id), node_moves.position_of(node)))
    count(changes, place.above, weight_of(node), -1)
    changes.fields[node.id] |= purges.cut()


def remove(node_id: str) -> None:
    """Remove a node that was cut, and everything below it: a job. Another message follows if there are many.

    Does nothing if the node was not cut, as when the request failed, or is gone.
    """
    if not remove_some(node_id):
        queues.send_maintenance(jobs.PURGE_NODES.message(node_id=node_id))


def remove_some(node_id: str) -> bool:
    """Remove up to MAX_NODES nodes below a node that was cut, and itself after them. Returns whether nothing is left,
    also if the node was not cut."""
    top = nodes.get(node_id)
    if top is None or not nodes.is_purged(top):
        return True
    below = list(islice(purges.below(node_id), MAX_NODES))
    for at in range(0, len(below), tree_files.CHUNK):
        _remove_below(top, below[at : at + tree_files.CHUNK])
    if len(below) < MAX_NODES:
        _remove_top(top)
    return len(below) < MAX_NODES


def _remove_below(top: Node, edges: list[Child]) -> None:
    """Remove nodes by their edges, topics in order and after the others.

    Raises Busy if some remain after a conflict, as the nodes above them must then remain, too.
    """
    found, items = tree_files.parts_of([edge.node_id for edge in edges])
    _end_uses(top, found, items)
    parents, parts = {node["id"]: node["parent_id"] for node in found}, _parts(found, items)

    def is_removed(edge: Child) -> bool:
        if parents.get(edge.node_id) != edge.parent_id:
            purges.forget_edge(edge)
            return True
        return purges.remove(edge.node_id, edge.parent_id, edge, top.modified, parts[edge.node_id])

    above = {edge.parent_id for edge in edges}
    if not all(in_parallel(is_removed, [edge for edge in edges if edge.node_id not in above])):
        raise _conflict(top)
    if not all(is_removed(edge) for edge in edges if edge.node_id in above):
        raise _conflict(top)


def _remove_top(top: Node) -> None:
    found, items = tree_files.parts_of([top.id])
    _end_uses(top, found, items)
    if not purges.remove(top.id, nodes.PURGED, None, top.modified, _parts(found, items).get(top.id, [])):
        raise _conflict(top)


def _conflict(top: Node) -> Busy:
    return Busy(f"Other requests conflict with the removal of node {top.id}. Try again.", retry_after=5)


def _end_uses(top: Node, found: list[NodeData], items: list[AssessmentItemData]) -> None:
    """Give the storage of nodes back once they are removed.

    If they came from another channel and do not know it yet, each of the two may have references to their files.
    """
    for id in {top.channel_id, *(node["channel_id"] for node in found)}:
        uses.prepare_end(id, file_references.of_parts(id, found, items))


def _parts(found: Iterable[NodeData], items: Iterable[AssessmentItemData]) -> dict[str, list[Key]]:
    """The keys of what belongs to each node."""
    parts: dict[str, list[Key]] = {node["id"]: [(FilePlace, (file["id"],)) for file in node["files"]] for node in found}
    for item in items:
        own: list[Key] = [(FilePlace, (file["id"],)) for file in item["files"]]
        parts[item["contentnode_id"]] += [*own, (AssessmentItem, (item["contentnode_id"], item["assessment_id"]))]
    return {id: list(dict.fromkeys(keys)) for id, keys in parts.items()}
