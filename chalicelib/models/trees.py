"""Trees as a whole: making them, putting nodes into them, walking and removing them."""

from dataclasses import dataclass
from typing import Any

from le_utils.constants import content_kinds, roles
from pynamodb.transactions import TransactWrite

from chalicelib.domain import positions
from chalicelib.domain.types import NodeData
from chalicelib.models import assessment_items, children, nodes
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import TRANSACTION_LIMIT, in_parallel, transact, write_many
from chalicelib.models.channels import Channel
from chalicelib.models.children import Child
from chalicelib.models.nodes import Node

BEING_BUILT, STAGED, LIVE = "being built", "staged", "live"
_ROOT_OF: dict[str, Any] = {
    BEING_BUILT: Channel.chef_root_id,
    STAGED: Channel.staging_root_id,
    LIVE: Channel.root_id,
}


@dataclass(frozen=True)
class Counts:
    """What adding nodes changes on each of their ancestors."""

    total: int
    resources: int
    coach: int
    errors: int


def counts_of(added: list[NodeData]) -> Counts:
    """The counts of nodes that have nothing below them."""
    resources = [node for node in added if node["kind"] != content_kinds.TOPIC]
    return Counts(
        total=len(added),
        resources=len(resources),
        coach=sum(node["role_visibility"] == roles.COACH for node in resources),
        errors=sum(not node["complete"] for node in added),
    )


def new_root(root_id: str, channel_id: str, title: str, language: str | None) -> Node:
    """The root of a new tree, not yet saved."""
    return Node(
        id=root_id,
        node_id=root_id,
        content_id=root_id,
        tree_id=root_id,
        channel_id=channel_id,
        kind=content_kinds.TOPIC,
        title=title,
        language=language,
        role_visibility=roles.LEARNER,
        complete=True,
    )


def ancestors(node: Node, being_built: bool) -> list[str]:
    """Ids of the ancestors of a node from the root down. One read a level, none in a tree that a chef builds."""
    if being_built:
        return list(node.path)
    path: list[str] = []
    above: str | None = node.parent_id
    while above:
        path.append(above)
        parent = nodes.get(above)
        above = parent.parent_id if parent else None
    return path[::-1]


def append(parent: Node, above: list[str], added: list[NodeData], place: str, behind: int = 0) -> str | None:
    """Put new nodes below `parent`, with edges and counts, all or nothing.

    `above` are the ids of the parent's ancestors. `place` says in which tree of its channel the parent was found, and
    must still be: BEING_BUILT, STAGED or LIVE; adding to the live tree is a change of the channel. `behind` counts
    the children that were appended since the parent was read.
    Returns None, or what refused it: "exists" (a node is there already), "closed" (the tree is not in that place
    any more) or "gone" (the parent is not there any more).
    """
    path = [*above, parent.id]
    still_there = _ROOT_OF[place] == parent.tree_id

    def fill(transaction: TransactWrite) -> None:
        actions: list[Any] = [Channel.rev.add(1 if place == LIVE else 0)]
        transaction.update(Channel(parent.channel_id), actions, condition=still_there)
        for data in added:
            transaction.save(nodes.from_data(data, path), condition=Node.id.does_not_exist())
        for index, data in enumerate(added, int(parent.next_position) + behind):
            transaction.save(_edge(parent.id, index, data))
        for ancestor in path:
            actions = _count_actions(counts_of(added), len(added) if ancestor == parent.id else 0)
            transaction.update(Node(ancestor), actions, condition=Node.id.exists())

    codes = transact(fill)
    if not codes:
        return None
    puts, updates = codes[: 2 * len(added)], codes[2 * len(added) :]
    if updates[0]:
        return "closed"
    return "exists" if any(puts) else "gone"


def room(levels: int) -> int:
    """How many nodes `append` can put into one transaction below a parent so many levels down."""
    return (TRANSACTION_LIMIT - levels - 2) // 2


def _edge(parent_id: str, index: int, data: NodeData) -> Child:
    position = positions.appended(index, data["id"])
    return Child(parent_id=parent_id, position=position, node_id=data["id"], kind=data["kind"])


def _count_actions(counts: Counts, appended: int) -> list[Any]:
    return [
        Node.total_count.add(counts.total),
        Node.resource_count.add(counts.resources),
        Node.coach_count.add(counts.coach),
        Node.error_count.add(counts.errors),
        Node.next_position.add(appended),
    ]


def edges(root_id: str, levels: int | None = None) -> dict[str, list[Child]]:
    """All edges below a node, by parent, children in order; with `levels`, only so many levels down."""
    below: dict[str, list[Child]] = {}
    topics = [root_id]
    while topics and levels != 0:
        found = in_parallel(children.of, topics)
        below.update(zip(topics, found, strict=True))
        topics = [edge.node_id for siblings in found for edge in siblings if edge.kind == content_kinds.TOPIC]
        levels = levels - 1 if levels is not None else None
    return below


def preorder(root_id: str, below: dict[str, list[Child]]) -> list[str]:
    """Ids in tree order, the root first."""
    order, stack = [], [root_id]
    while stack:
        node_id = stack.pop()
        order.append(node_id)
        stack.extend(edge.node_id for edge in reversed(below.get(node_id, [])))
    return order


def walk(root_id: str, levels: int | None = None) -> list[NodeData]:
    """A tree's nodes in tree order, the root first: one Query a topic, one BatchGet a hundred nodes."""
    order = preorder(root_id, edges(root_id, levels))
    found = nodes.data_of(order)
    return [found[node_id] for node_id in order if node_id in found]


def remove(root_id: str) -> int:
    """Delete a tree with its edges and questions; returns how many nodes. The root goes last, so a killed
    removal can be taken up again."""
    below = edges(root_id)
    gone = [edge for siblings in below.values() for edge in siblings]
    exercises = [edge.node_id for edge in gone if edge.kind == content_kinds.EXERCISE]
    items = [key for keys in in_parallel(assessment_items.keys_of, exercises) for key in keys]
    write_many(deletes=[(AssessmentItem, key) for key in items])
    write_many(deletes=[(Node, edge.node_id) for edge in gone])
    for parent_id in reversed(below):
        write_many(deletes=[(Child, (parent_id, edge.position)) for edge in below[parent_id]])
    write_many(deletes=[(Node, root_id)])
    return len(gone) + 1
