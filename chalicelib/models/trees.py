"""Operations on whole trees: creating them, appending nodes, traversing and deleting them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from le_utils.constants import content_kinds, roles
from pynamodb.transactions import TransactWrite

from chalicelib.domain.trees import positions
from chalicelib.domain.types import NodeData
from chalicelib.models import assessment_items, emission, nodes, tree_streams
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import (
    MAX_TRANSACTION,
    find,
    in_parallel,
    now,
    read_many,
    transact,
    unchanged,
    update_if,
    write_many,
)
from chalicelib.models.channels import Channel
from chalicelib.models.children import Child
from chalicelib.models.nodes import Node
from chalicelib.models.tree_streams import Step

MAX_RACES = 20  # conflicts in a row after which a change is given up


class TreeState(Enum):
    """The state of a tree in its channel."""

    BEING_BUILT = auto()
    STAGED = auto()
    LIVE = auto()


_ROOT_OF: dict[TreeState, Any] = {
    TreeState.BEING_BUILT: Channel.chef_root_id,
    TreeState.STAGED: Channel.staging_root_id,
    TreeState.LIVE: Channel.root_id,
}


@dataclass(frozen=True)
class Counts:
    """The changes of the counts on each ancestor when nodes are added."""

    total: int
    resources: int
    coach: int
    errors: int


def counts_of(added: list[NodeData]) -> Counts:
    """The counts of nodes that have no children."""
    resources = [node for node in added if node["kind"] != content_kinds.TOPIC]
    return Counts(
        total=len(added),
        resources=len(resources),
        coach=sum(node["role_visibility"] == roles.COACH for node in resources),
        errors=sum(not node["complete"] for node in added),
    )


def new_root(root_id: str, channel_id: str, title: str, language: str | None) -> Node:
    """Build the root of a new tree without saving it."""
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
    """The ids of a node's ancestors, root first. One read per level, none in a tree that a chef builds."""
    if being_built:
        return list(node.path)
    path: list[str] = []
    above: str | None = node.parent_id
    while above:
        path.append(above)
        parent = nodes.get(above)
        above = parent.parent_id if parent else None
    return path[::-1]


def lineage(node_id: str, path: list[str]) -> list[Node]:
    """A node and its ancestors, root first; empty if it or one of them no longer exists.

    One read if `path` lists the ancestors, and one more for each that is missing in it.
    """
    known = {node.id: node for node in read_many({Node: [node_id, *path]})[Node]}
    found: list[Node] = []
    above: str | None = node_id
    while above:
        node = known.get(above) or nodes.get(above)
        if node is None:
            return []
        found.append(node)
        above = node.parent_id
    return found[::-1]


def lineages(node_ids: list[str]) -> dict[str, list[Node]]:
    """The lineages of many nodes by id. Nodes are left out if they or one of their ancestors no longer exist.

    One read for the nodes, one for the ancestors in their `path`, and one more for each level that is missing in it.
    """
    known: dict[str, Node] = {}
    wanted = set(node_ids)
    requested: set[str] = set()
    while wanted:
        requested |= wanted
        found = read_many({Node: sorted(wanted)})[Node]
        known |= {node.id: node for node in found}
        wanted = {id for node in found for id in (*node.path, node.parent_id) if id} - requested
    paths = {node_id: _climb(node_id, known) for node_id in node_ids}
    return {node_id: path for node_id, path in paths.items() if path}


def _climb(node_id: str, known: dict[str, Node]) -> list[Node]:
    found: list[Node] = []
    above: str | None = node_id
    while above:
        if above not in known:
            return []
        found.append(known[above])
        above = known[above].parent_id
    return found[::-1]


class Refusal(Enum):
    """Why nodes were not added to a tree."""

    EXISTS = auto()  # one of the nodes already exists
    CLOSED = auto()  # the tree is no longer in that state
    GONE = auto()  # the parent no longer exists
    LOST = auto()  # a conflict with another change, which is retried


def append(parent: Node, above: list[str], added: list[NodeData], state: TreeState, behind: int = 0) -> Refusal | None:
    """Append new nodes to `parent`, with edges and counts, in one transaction.

    `above` are the ids of the parent's ancestors. `state` is that of the tree in which the parent was found, and must
    be unchanged; appending to the live tree is a change of the channel. `behind` is the number of children appended
    since the parent was read. Conflicts are retried. Returns None, or the reason of the failure: EXISTS, CLOSED or
    GONE.
    """
    first = int(parent.next_position) + behind
    for _ in range(MAX_RACES):
        rev = _live_rev(parent.channel_id) if state is TreeState.LIVE else None
        line = lineage(parent.id, above) if rev is not None else [parent]
        if not line:
            return Refusal.GONE
        if rev is not None:  # users move nodes in live trees: data read before the revision may be outdated
            if line[0].id != parent.tree_id:
                return Refusal.CLOSED
            above, first = [node.id for node in line[:-1]], int(line[-1].next_position)
        refused = _append(parent, above, added, state, first, rev)
        if refused is not Refusal.LOST:
            return refused
        first = _next_position(parent.id, first)
    raise TimeoutError(f"Adding to a tree conflicted with other changes {MAX_RACES} times in a row.")


def _next_position(node_id: str, otherwise: int) -> int:
    node = nodes.get(node_id)
    return int(node.next_position) if node else otherwise


def _live_rev(channel_id: str) -> int | None:
    """The revision of a channel; None if it does not exist, which the transaction then finds out."""
    channel = find(Channel, channel_id)
    return int(channel.rev) if channel else None


def _append(
    parent: Node, above: list[str], added: list[NodeData], state: TreeState, first: int, rev: int | None
) -> Refusal | None:
    path = [*above, parent.id]
    new = [_new_node(data, path, first + index, (rev or -1) + 1) for index, data in enumerate(added)]
    in_place = _ROOT_OF[state] == parent.tree_id
    if rev is not None:
        in_place &= unchanged(Channel.rev, rev)

    def fill(transaction: TransactWrite) -> None:
        actions: list[Any] = [Channel.rev.add(0) if rev is None else Channel.rev.set(rev + 1)]
        transaction.update(Channel(parent.channel_id), actions, condition=in_place)
        for node in new:
            transaction.save(node, condition=Node.id.does_not_exist())
        for node in new:
            transaction.save(edge_of(node))
        for ancestor in path:
            own = ancestor == parent.id
            actions = _count_actions(counts_of(added), len(added) if own else 0)
            if rev is not None:
                actions.append(Node.newest_created_rev.set(rev + 1))
            as_read = Node.next_position == first if own else Node.id.exists()
            transaction.update(Node(ancestor), actions, condition=as_read)

    codes = transact(fill)
    if not codes:
        return None
    puts, updates = codes[: 2 * len(added)], codes[2 * len(added) :]
    if updates[0]:
        return Refusal.LOST if rev is not None and _is_in_place(parent, state) else Refusal.CLOSED
    if any(puts):
        return Refusal.EXISTS
    return Refusal.LOST if updates[-1] else Refusal.GONE


def _is_in_place(parent: Node, state: TreeState) -> bool:
    channel = find(Channel, parent.channel_id)
    return channel is not None and getattr(channel, _ROOT_OF[state].attr_name) == parent.tree_id


def _new_node(data: NodeData, path: list[str], index: int, rev: int) -> Node:
    node = nodes.from_data(data, path)
    node.position = positions.appended(index, node.id)
    node.modified = now()
    node.created_rev = node.modified_rev = rev
    return node


def room(levels: int) -> int:
    """The number of nodes that `append` can write in one transaction below a parent at this level."""
    return (MAX_TRANSACTION - emission.MIN_ACTIONS - levels - 2) // 2  # edits of these nodes also emit a change


def edge_of(node: Node) -> Child:
    """Build the edge of a node from its position."""
    return Child(parent_id=node.parent_id, position=node.position, node_id=node.id, kind=node.kind)


def _count_actions(counts: Counts, appended: int) -> list[Any]:
    return [
        Node.total_count.add(counts.total),
        Node.resource_count.add(counts.resources),
        Node.coach_count.add(counts.coach),
        Node.error_count.add(counts.errors),
        Node.next_position.add(appended),
    ]


def walk(root_id: str, levels: int | None = None) -> list[NodeData]:
    """The nodes of a small tree in tree order, root first; `models.tree_streams` reads trees of any size."""
    return list(tree_streams.data(root_id, levels))


def remove(root_id: str, release: Callable[[list[str]], None], is_late: Callable[[], bool]) -> bool:
    """Delete a tree with its edges and questions, bottom up; returns whether all is gone.

    It is deleted in parts, each after `release` was called with the ids of its nodes, until `is_late`. An interrupted
    deletion is resumed by another call: topics are deleted after what is below them, the root last.
    """
    for part in tree_streams.chunks(reversed(list(tree_streams.steps(root_id)))):
        release([step.id for step in part])
        _remove(part)
        if is_late() and part[-1].id != root_id:
            return False
    return True


def _remove(part: list[Step]) -> None:
    """Delete questions, then nodes, then edges from the deepest level up, then the root."""
    exercises = [step.id for step in part if step.kind == content_kinds.EXERCISE]
    items = [key for keys in in_parallel(assessment_items.keys_of, exercises) for key in keys]
    write_many(deletes=[(AssessmentItem, key) for key in items])
    write_many(deletes=[(Node, step.id) for step in part if step.level])
    for level in sorted({step.level for step in part}, reverse=True):
        own = [step for step in part if step.level == level]
        edges: list[Any] = [(Child, (step.parent_id, step.position)) for step in own if level]
        write_many(deletes=edges or [(Node, step.id) for step in own])


def keep_facts(root_id: str, facts: Mapping[str, object], rev: int) -> None:
    """Store the statistics of a tree on its root, as of a revision of the channel. Newer ones are not overwritten."""
    is_newer = Node.facts_rev.does_not_exist() | (Node.facts_rev <= rev)
    stored = [Node.tree_facts.set(facts), Node.facts_rev.set(rev), Node.facts_asked.remove()]
    update_if(Node(root_id), stored, Node.id.exists() & is_newer)


def ask_for_facts(root_id: str, moment: int, pause: int) -> bool:
    """Record a request for a tree's statistics at this Unix time. Returns False if one in the last `pause` s waits."""
    is_long_ago = Node.facts_asked.does_not_exist() | (Node.facts_asked <= moment - pause)
    return update_if(Node(root_id), [Node.facts_asked.set(moment)], Node.id.exists() & is_long_ago)
