"""Read the subtree of a node to copy, and write the descendants of its copy."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from le_utils.constants import content_kinds

from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.ids import derived_id
from chalicelib.domain.trees import positions
from chalicelib.domain.types import NodeData
from chalicelib.errors import Conflict
from chalicelib.models import assessment_items, nodes, tree_copies, trees
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import Table, in_parallel, now
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import weight_of
from chalicelib.models.trees import Counts, edge_of
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.exercises import question_diff
from chalicelib.operations.nodes.node_writes import judge
from chalicelib.operations.storage import uses

CHUNK = 100  # nodes whose questions are held in memory at once


@dataclass(frozen=True)
class Source:
    """The nodes to copy: a top node and those of its descendants that are not excluded, parents before children."""

    top: Node
    below: list[Node]


@dataclass(frozen=True)
class Goal:
    """The copy to create: the id of its top node, the attempt that creates it, and its place in the target tree."""

    top_id: str
    attempt: str
    place: Place
    above: list[str]  # ids of the ancestors of the top node when the copy began
    rev: int

    def id_of(self, source: Source, node_id: str) -> str:
        """Return the id of the copy of a node."""
        return self.top_id if node_id == source.top.id else derived_id(self.top_id, node_id)


@dataclass(frozen=True)
class Below:
    """What was written below the top node of a copy, and the questions of the top node, which are written already."""

    counts: Counts
    children: int
    questions: list[AssessmentItem]


def read(node_id: str, excluded: set[str]) -> Source:
    """Read a node and its descendants, without the nodes `excluded` by id or node_id and their descendants.

    Raises Conflict if other requests move nodes meanwhile.
    """
    edges = trees.edges(node_id)
    found = {node.id: node for node in nodes.get_many_to_read(trees.preorder(node_id, edges))}
    parents = {edge.node_id: parent_id for parent_id, siblings in edges.items() for edge in siblings}
    if node_id not in found or any(id not in found or found[id].parent_id != parents[id] for id in parents):
        raise Conflict("These nodes are being moved by another request. Try again.")
    included = {node_id: found[node_id]}
    for id, node in found.items():
        if id != node_id and node.parent_id in included and not {id, node.node_id} & excluded:
            included[id] = node
    return Source(included.pop(node_id), list(included.values()))


def write(source: Source, goal: Goal, report: Callable[[int], None]) -> Below:
    """Write the descendants of a reserved top node, the questions of the top node itself, and the places of all files.

    `report` is called with the progress in per cent. Raises as `tree_copies.write`.
    """
    questions = question_diff.copied(_questions([source.top])[source.top.id], goal.top_id)
    top = copied(source.top, source, goal, set(), goal.place.node.id, goal.above)
    uses.begin(goal.place.channel, [nodes.to_data(top)], map(assessment_items.outline, questions))
    tree_copies.write(goal.top_id, goal.attempt, [[item] for item in questions])
    written: list[tuple[Node, Counts]] = []
    for groups, made in _chunks(source, goal):
        tree_copies.write(goal.top_id, goal.attempt, groups)
        written += [(node, weight_of(node)) for node in made]
        report(10 + 80 * len(written) // len(source.below))
    children = Counter(str(node.parent_id) for node, _ in written)
    counts = _sums(written)
    below = Below(counts.pop(goal.top_id, Counts(0, 0, 0, 0)), children[goal.top_id], questions)
    tree_copies.count(goal.top_id, goal.attempt, counts, children)
    return below


def _chunks(source: Source, goal: Goal) -> Iterator[tuple[list[tree_copies.Group], list[Node]]]:
    """Yield, per chunk, the groups of items that are written together, and the nodes among them."""
    included = {source.top.id, *(node.id for node in source.below)}
    paths = {goal.top_id: [*goal.above, goal.top_id]}
    numbers: Counter[str] = Counter()
    for at in range(0, len(source.below), CHUNK):
        chunk = source.below[at : at + CHUNK]
        questions = _questions(chunk)
        groups: list[tree_copies.Group] = []
        made = []
        for original in chunk:
            parent_id = goal.id_of(source, str(original.parent_id))
            node = copied(original, source, goal, included, parent_id, paths[parent_id])
            node.copied_below = goal.top_id
            node.position = positions.appended(numbers[parent_id], node.id)
            numbers[parent_id] += 1
            paths[node.id] = [*node.path, node.id]
            items = question_diff.copied(questions[original.id], node.id)
            set_questions(node, items)
            groups += [[node, edge_of(node)], *([item] for item in _rows(items))]
            made.append(node)
        uses.begin(
            goal.place.channel,
            map(nodes.to_data, made),
            [assessment_items.outline(row) for group in groups for row in group if isinstance(row, AssessmentItem)],
        )
        yield groups, made


def _rows(items: list[AssessmentItem]) -> list[Table]:
    return list(items)


def _questions(originals: list[Node]) -> defaultdict[str, list[AssessmentItem]]:
    exercises = [node.id for node in originals if node.kind == content_kinds.EXERCISE]
    found = in_parallel(assessment_items.as_stored, exercises)
    return defaultdict(list, zip(exercises, found, strict=True))


def copied(original: Node, source: Source, goal: Goal, included: set[str], parent_id: str, path: list[str]) -> Node:
    """Build the copy of a node, without a position and counts. `included` are the ids of all nodes that are copied."""
    id = goal.id_of(source, original.id)
    data: NodeData = nodes.to_data(original)
    fields: NodeData = {
        **data,
        "id": id,
        "node_id": derived_id(id, original.node_id),
        "parent_id": parent_id,
        "tree_id": goal.place.root_id,
        "channel_id": goal.place.channel.id,
        "files": [{**file, "id": derived_id(id, file["id"])} for file in data["files"]],
        "prerequisites": [goal.id_of(source, required) for required in data["prerequisites"] if required in included],
        "original_channel_id": original.original_channel_id or original.channel_id,
        "original_node_id": original.original_node_id or original.node_id,
    }
    fields.pop("incomplete_revs", None)
    node = nodes.from_data(fields, path)
    node.source_channel_id, node.source_node_id = original.channel_id, original.node_id
    node.created_rev = node.modified_rev = goal.rev
    node.modified = now()
    if node.kind == content_kinds.TOPIC:
        node.newest_created_rev = goal.rev
    return node


def set_questions(node: Node, items: list[AssessmentItem]) -> None:
    """Set the question count and completeness of an exercise by its questions. Other nodes are not changed."""
    if node.kind == content_kinds.EXERCISE:
        node.assessment_item_count = len(items)
        outlines = [assessment_items.outline(item) for item in items]
        judge(node, incomplete_reasons(nodes.to_data(node), outlines))


def _sums(written: list[tuple[Node, Counts]]) -> dict[str, Counts]:
    """Return the counts of the descendants of each topic, by id. In `written`, parents precede their children."""
    sums: dict[str, Counts] = {}
    for node, own in reversed(written):
        weight = _sum(own, sums.get(node.id, Counts(0, 0, 0, 0)))
        sums[str(node.parent_id)] = _sum(sums.get(str(node.parent_id), Counts(0, 0, 0, 0)), weight)
    return sums


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(
        one.total + other.total, one.resources + other.resources, one.coach + other.coach, one.errors + other.errors
    )
