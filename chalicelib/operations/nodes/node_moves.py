"""Move nodes within a tree, to and from the trash, and to other channels.

A move changes one node, one edge and the counts of the ancestors of both ends, whatever the size of the subtree. A new
tree or channel is propagated to a few descendants in the same transaction, and to many after it (see `propagation`).
Until then, only lists may show descendants in their former place, because a node's ancestors decide permissions.
"""

from dataclasses import dataclass

from chalicelib.domain.trees import positions
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import children, nodes, tree_streams, trees
from chalicelib.models.base import MAX_TRANSACTION, now
from chalicelib.models.children import Child
from chalicelib.models.emission import Emission
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes, actions, commit, count, mark, weight_of
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, retried
from chalicelib.operations.changes import node_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.nodes import propagation, rebalancing
from chalicelib.operations.nodes.node_reads import retrieve, retrieve_moved
from chalicelib.operations.nodes.node_representation import row_after_write
from chalicelib.operations.storage import tree_files
from chalicelib.schemas.contentnode import Move, Restore
from chalicelib.schemas.responses.content import ContentNode
from chalicelib.schemas.sync import MOVED

MAX_MOVED_AT_ONCE = 50  # descendants that change the tree in the same transaction


class InTrash(Exception):
    """A node is in the trash already."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.id)
        self.node = node


@dataclass(frozen=True)
class Spot:
    """A free position among the children of a topic; `path` leads from the root to that topic."""

    path: list[Node]
    position: str
    is_last: bool  # it consumes the topic's `next_position`


def move(user: Identity, node_id: str, sent: Move) -> ContentNode:
    """`relocate` for a request; return the moved node."""
    return retrieve_moved(user, relocate(user, node_id, sent))


def relocate(user: Identity, node_id: str, sent: Move, origin: Origin = REQUEST) -> str:
    """Move a node; return its id.

    Raises NotFound or Forbidden for the node and the target, BadRequest if the target is the node itself, one of its
    descendants or a resource, and Conflict in trees that cannot be edited.
    """
    return _relocate(user, node_id, sent.target, sent.position, origin)


def trash(user: Identity, node_id: str) -> None:
    """Move a node to the trash of its channel. Raises BadRequest for roots, and NotFound for nodes that are there."""
    try:
        move_to_trash(user, node_id, REQUEST)
    except InTrash as found:
        raise NotFound(f"No ContentNode matches the given query: {found.node.id} is in the trash already.") from found


def move_to_trash(user: Identity, node_id: str, origin: Origin) -> None:
    """Move a node to the trash of its channel. Raises BadRequest for roots, and InTrash for nodes that are there.

    A sync change is recorded on the node, see `purging`.
    """
    _relocate(user, node_id, None, "last-child", origin)


def restore(user: Identity, node_id: str, sent: Restore) -> ContentNode:
    """Restore a node from the trash; return the restored node.

    It moves to the target, by default to its former parent, or to the root if the former parent no longer exists.
    """
    place = node_rights.editable(user, node_id)
    if not place.is_deleted:
        raise Conflict(f"Node {place.node.id} is not in the trash.")
    target = sent.target or _former_parent(place)
    return retrieve(user, _relocate(user, node_id, target, "last-child", REQUEST))


def _former_parent(place: Place) -> str:
    former = nodes.get(place.node.deleted_from) if place.node.deleted_from else None
    path = trees.lineage(former.id, former.path) if former else []
    is_live = bool(path) and path[0].id == place.channel.root_id
    return str(path[-1].id if is_live else place.channel.root_id)


def _relocate(user: Identity, node_id: str, target: str | None, position: str, origin: Origin) -> str:
    node, pending_rev = retried(lambda: _move(user, node_id, target, position, origin))
    if pending_rev:
        propagation.complete(node, pending_rev)
    return str(node.id)


def _move(user: Identity, node_id: str, target: str | None, position: str, origin: Origin) -> tuple[Node, int] | None:
    """Return (the node before the move, the revision to propagate to its descendants, or 0); None after a lost race.

    Without a target, the node is moved to the trash of its channel, unless it is already there.
    """
    source = node_rights.editable(user, node_id)
    node = source.node
    if target is None and source.is_deleted:
        raise InTrash(node)
    goal = node_rights.editable(user, target or source.channel.trash_root_id)
    if not source.above:
        raise BadRequest("The root of a tree cannot be moved or deleted. Delete its channel instead.")
    if goal.node.id == node.id and not position.endswith("child"):
        return node, 0
    if _is_last(node, goal, position):
        return node, 0
    spot = free_spot(goal, node.id, position)
    if node.id in (above.id for above in spot.path):
        raise BadRequest("A node cannot be moved below itself. Choose a target outside of it.")
    if (spot.path[-1].id, spot.position) == (node.parent_id, node.position):
        return node, 0
    changes = _changes(source, goal, spot)
    changes.fields[node.id]["deleted_by"] = origin.mark if target is None else None
    changes.emissions = _emissions(user, changes, source, goal, position, origin)
    rebalancing.request(spot.path[-1].id, spot.position)
    pending_rev = 0 if _propagate_now(changes, source, goal) else changes.rev(goal.channel.id)
    if pending_rev:
        propagation.prepare(node.id, pending_rev)
    return (node, pending_rev) if commit(changes) else None


def _is_last(node: Node, goal: Place, position: str) -> bool:
    """Whether a node is to become the last child of its parent and already is, as when a request is repeated."""
    if position != "last-child" or node.parent_id != goal.node.id:
        return False
    return children.beside(goal.node.id, position_of(node), False, node.id) is None


def _emissions(
    user: Identity, changes: Changes, source: Place, goal: Place, position: str, origin: Origin
) -> list[Emission]:
    def row() -> ContentNode:
        values = {**source.node.attribute_values, **changes.fields[source.node.id]}
        return row_after_write(Node(**values), goal.channel, {})

    if origin.applied and origin.applied.type == MOVED:
        made = node_changes.moved_by_sync(user, origin.applied, source, goal, row)
    else:
        made = origin.emitted(node_changes.moved(user, source, goal, row, position))
    return emissions(made, source.counter, goal.counter)


def free_spot(goal: Place, node_id: str, position: str) -> Spot:
    """Return the free spot at a position relative to a target.

    `position` is "first-child", "last-child", "left" or "right". Raises BadRequest beside a root and below a resource,
    and Conflict if no position is left.
    """
    is_child = position.endswith("child")
    path = goal.path if is_child else goal.above
    if not path:
        raise BadRequest("The root of a tree has no siblings. Choose first-child or last-child.")
    node_rights.refuse_resource(path[-1])
    left, right = _neighbours(goal, node_id, position)
    if right is None:
        return Spot(path, positions.appended(int(path[-1].next_position), node_id), True)
    if left is None:
        return Spot(path, positions.before(right, node_id), False)
    between = positions.between(left, right, node_id)
    if between is None:
        raise Conflict("No position is left between these two siblings. Move one of them first.")
    return Spot(path, between, False)


def _neighbours(goal: Place, node_id: str, position: str) -> tuple[str | None, str | None]:
    """Return the positions left and right of the spot, None without a neighbour. The node itself is ignored."""
    if position == "last-child":
        return None, None
    if position == "first-child":
        first = children.beside(goal.node.id, None, False, node_id)
        return None, first.position if first else None
    own, parent_id = position_of(goal.node), str(goal.node.parent_id)
    other = children.beside(parent_id, own, position == "left", node_id)
    beside = other.position if other else None
    return (beside, own) if position == "left" else (own, beside)


def position_of(node: Node) -> str:
    """Return the position of a node among its siblings. Raises Conflict while it is being moved."""
    if node.position:
        return str(node.position)
    edge = children.of_child(str(node.parent_id), node.id)
    if edge is None:
        raise Conflict(f"Node {node.id} is being moved. Send this request again.")
    return edge.position


def _changes(source: Place, goal: Place, spot: Spot) -> Changes:
    node, parent = source.node, spot.path[-1]
    is_other_tree, is_other_channel = source.root_id != goal.root_id, source.channel.id != goal.channel.id
    changes = Changes([source.channel, goal.channel] if is_other_channel else [source.channel])
    rev = changes.rev(goal.channel.id)
    changes.freed.append((str(node.parent_id), position_of(node)))
    changes.placed.append(Child(parent.id, spot.position, node_id=node.id, kind=node.kind))
    if spot.is_last:
        changes.sums[parent.id]["next_position"] = 1
    count(changes, source.above, weight_of(node), -1)
    count(changes, spot.path, weight_of(node))
    mark(changes, source.channel.id, source.above, "newest_modified_rev")
    mark(changes, goal.channel.id, spot.path, "newest_modified_rev")
    mark(changes, source.channel.id, [source.above[-1]], "modified_rev")
    former = node.parent_id if source.is_live else node.deleted_from
    changes.fields[node.id] |= {
        "parent_id": parent.id,
        "position": spot.position,
        "path": [above.id for above in spot.path],
        "modified": now(),
        "modified_rev": rev,
        "deleted_at": ((source.is_trash and node.deleted_at) or now()) if goal.is_trash else None,
        "deleted_from": former if goal.is_trash else None,
    }
    if is_other_tree:
        own = {"channel_id": goal.channel.id, **propagation.of_new_tree(node.kind, goal.root_id, rev)}
        changes.fields[node.id] |= {**own, **nodes.requiring([], rev)} if is_other_channel else own
        mark(changes, goal.channel.id, spot.path, "newest_created_rev")
    return changes


def _propagate_now(changes: Changes, source: Place, goal: Place) -> bool:
    """Add the descendants' changes, if they are few. Returns whether nothing is left to propagate after the commit."""
    node, is_other_channel = source.node, source.channel.id != goal.channel.id
    if source.root_id == goal.root_id or not (node.total_count or is_other_channel):
        return True
    if node.total_count > MAX_MOVED_AT_ONCE or actions(changes) + node.total_count > MAX_TRANSACTION:
        tree_files.prepare_move([nodes.to_data(node)], goal.channel)
        return False
    rev = changes.rev(goal.channel.id)
    moved = [node, *nodes.get_many(tree_streams.ids(node.id)[1:])]
    tree_files.prepare_move(map(nodes.to_data, moved), goal.channel)
    moved_ids = {one.id for one in moved}
    for one in moved:
        changes.fields[one.id] |= {
            "channel_id": goal.channel.id,
            **propagation.of_new_tree(one.kind, goal.root_id, rev),
            **(nodes.requiring([id for id in one.prerequisites if id in moved_ids], rev) if is_other_channel else {}),
        }
    return True
