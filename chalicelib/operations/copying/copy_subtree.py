"""Read the subtree of a node to copy, and write the descendants of its copy.

In memory are the ids of all nodes, the counts of topics, and the data of a hundred nodes. A copy that takes too long is
paused after a batch, and resumed by the next attempt if the same nodes are to be copied then.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field

from le_utils.constants import content_kinds

from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.ids import derived_id
from chalicelib.domain.trees import positions
from chalicelib.domain.types import NodeData
from chalicelib.errors import Conflict
from chalicelib.models import assessment_items, nodes, tree_copies, tree_streams
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import Table, in_parallel, now
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import weight_of
from chalicelib.models.tree_streams import Step
from chalicelib.models.trees import Counts, edge_of
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.exercises import question_diff
from chalicelib.operations.nodes.node_writes import judge
from chalicelib.operations.storage import uses

CHUNK = 100  # nodes that are in memory at once, with their questions
MOVED = "These nodes are being moved by another request. Try again."


@dataclass(frozen=True)
class Source:
    """The nodes to copy: a top node and, by their places, those of its descendants that are not excluded."""

    top: Node
    below: list[Step]  # in tree order
    included: Set[str]  # the ids of all nodes that are copied
    first: dict[str, Node]  # the first of them


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


@dataclass
class _Progress:
    """The copies so far: how many, the line from the top node to the last one, and the sums of topics by id."""

    goal: Goal
    done: int = 0
    line: list[str] = field(default_factory=list)
    children: Counter[str] = field(default_factory=Counter)
    sums: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))

    def enter(self, step: Step) -> str:
        """Go to the place of the next node; return the id of its parent's copy."""
        self.line = self.line[: step.level] if step.level > 1 else [self.goal.top_id]
        return self.line[-1]

    def add(self, id: str, weight: Counts) -> None:
        """Count the copy of a node at this place."""
        self.done += 1
        self.children[self.line[-1]] += 1
        parts = (weight.total, weight.resources, weight.coach, weight.errors)
        for above in self.line:
            self.sums[above] = [own + part for own, part in zip(self.sums[above], parts, strict=True)]
        self.line = [*self.line, id]

    def counts(self) -> dict[str, Counts]:
        """The counts of the descendants of each topic, by id."""
        return {id: Counts(*parts) for id, parts in self.sums.items()}


def read(node_id: str, excluded: set[str]) -> Source:
    """Read the places of a node and its descendants, without the nodes `excluded` by id or node_id and their
    descendants. Raises Conflict if other requests move nodes meanwhile."""
    steps = list(tree_streams.steps(node_id))
    first = {node.id: node for node in nodes.get_many_to_read([step.id for step in steps[:CHUNK]])}
    if any(step.id not in first or first[step.id].parent_id != step.parent_id for step in steps[1:CHUNK]):
        raise Conflict(MOVED)
    if node_id not in first:
        raise Conflict(MOVED)
    left_out = _left_out(steps, first, excluded) - {node_id} if excluded else set()
    included = {node_id}
    below = []
    for step in steps[1:]:
        if step.parent_id in included and step.id not in left_out:
            included.add(step.id)
            below.append(step)
    return Source(first[node_id], below, included, first)


def _left_out(steps: list[Step], first: dict[str, Node], excluded: set[str]) -> set[str]:
    """Return the ids of excluded nodes. Nodes are only read if some of these are no ids, but may be node_ids."""
    ids = {step.id for step in steps} & excluded
    names = excluded - ids
    if names:
        ids |= {node.id for node in first.values() if node.node_id in names}
        rest = [step.id for step in steps if step.id not in first]
        for part in tree_streams.chunks(rest):
            ids |= {id for id, node_id in nodes.node_ids_of(part) if node_id in names}
    return ids


def mark_of(source: Source, goal: Goal) -> str:
    """Return a digest of which nodes are copied where. A paused copy is resumed if it is unchanged."""
    digest = hashlib.sha256(f"{goal.place.channel.id} {goal.place.root_id} {source.top.id}".encode())
    for step in source.below:
        digest.update(f" {step.id} {step.parent_id}".encode())
    return digest.hexdigest()


def write(source: Source, goal: Goal, done: int, report: Callable[[int], None], is_late: Callable[[], bool]) -> Below:
    """Write the descendants of a reserved top node, the questions of the top node itself, and the places of all files.

    The first `done` of them were written by earlier attempts. `report` is called with the progress in per cent. Raises
    as `tree_copies.write`, and Paused when `is_late`.
    """
    questions = question_diff.copied(_questions([source.top])[source.top.id], goal.top_id)
    top = copied(source.top, source, goal, goal.place.node.id, goal.above)
    uses.begin(goal.place.channel, [nodes.to_data(top)], map(assessment_items.outline, questions))
    tree_copies.write(goal.top_id, goal.attempt, [[item] for item in questions])
    progress = _Progress(goal)
    for part in _parts(source.below):
        if progress.done < done:
            _skip(part, source, progress)
            continue
        groups, made = _copies(part, source, progress)
        outlines = [
            assessment_items.outline(row) for group in groups for row in group if isinstance(row, AssessmentItem)
        ]
        uses.begin(goal.place.channel, map(nodes.to_data, made), outlines)
        tree_copies.write(goal.top_id, goal.attempt, groups)
        report(10 + 80 * progress.done // len(source.below))
        if is_late() and progress.done < len(source.below):
            raise tree_copies.Paused(progress.done)
    counts = progress.counts()
    below = Below(counts.pop(goal.top_id, Counts(0, 0, 0, 0)), progress.children[goal.top_id], questions)
    tree_copies.count(goal.top_id, goal.attempt, counts, progress.children)
    return below


def _parts(below: list[Step]) -> Iterator[list[Step]]:
    """Yield the places in batches; the first one is of nodes that `read` has read with the top node."""
    if below:
        yield below[: CHUNK - 1]
        yield from tree_streams.chunks(below[CHUNK - 1 :], CHUNK)


def _skip(part: list[Step], source: Source, progress: _Progress) -> None:
    """Count copies that an earlier attempt has written."""
    ids = [progress.goal.id_of(source, step.id) for step in part]
    found = {node.id: node for node in nodes.get_many_to_read(ids)}
    for step, id in zip(part, ids, strict=True):
        progress.enter(step)
        if id not in found:
            raise Conflict(f"The copy {progress.goal.top_id} was removed by another request. Try again.")
        progress.add(id, weight_of(found[id]))


def _copies(part: list[Step], source: Source, progress: _Progress) -> tuple[list[tree_copies.Group], list[Node]]:
    """Return the groups of items that are written together, and the nodes among them."""
    goal = progress.goal
    missing = [step.id for step in part if step.id not in source.first]
    found = {**source.first, **{node.id: node for node in nodes.get_many_to_read(missing)}}
    if any(step.id not in found or found[step.id].parent_id != step.parent_id for step in part):
        raise Conflict(MOVED)
    questions = _questions([found[step.id] for step in part])
    groups: list[tree_copies.Group] = []
    made = []
    for step in part:
        parent_id = progress.enter(step)
        node = copied(found[step.id], source, goal, parent_id, [*goal.above, *progress.line])
        node.copied_below = goal.top_id
        node.position = positions.appended(progress.children[parent_id], node.id)
        items = question_diff.copied(questions[step.id], node.id)
        set_questions(node, items)
        progress.add(node.id, weight_of(node))
        groups += [[node, edge_of(node)], *([item] for item in _rows(items))]
        made.append(node)
    return groups, made


def _rows(items: list[AssessmentItem]) -> list[Table]:
    return list(items)


def _questions(originals: list[Node]) -> defaultdict[str, list[AssessmentItem]]:
    exercises = [node.id for node in originals if node.kind == content_kinds.EXERCISE]
    found = in_parallel(assessment_items.as_stored, exercises)
    return defaultdict(list, zip(exercises, found, strict=True))


def copied(original: Node, source: Source, goal: Goal, parent_id: str, path: list[str]) -> Node:
    """Build the copy of a node, without a position and counts."""
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
        "prerequisites": [
            goal.id_of(source, required) for required in data["prerequisites"] if required in source.included
        ],
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
