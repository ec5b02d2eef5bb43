"""Differences between two trees of a channel, for its members."""

from typing import Any, cast

from chalicelib.domain import jobs
from chalicelib.domain.exercises import diff_questions
from chalicelib.domain.trees import diff
from chalicelib.domain.trees.diff import Tree
from chalicelib.domain.trees.diff_levels import Levels, Marks
from chalicelib.domain.trees.tree_tally import Tally
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, channels, nodes, tasks, tree_streams
from chalicelib.models.base import in_parallel
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import viewable
from chalicelib.operations.access.policy import Rights
from chalicelib.operations.background import cached_results
from chalicelib.operations.trees import diff_files, diff_levels, diff_lines, tree_statistics
from chalicelib.operations.trees.diff_files import LineFiles, NodeFile
from chalicelib.operations.trees.diff_lines import Head
from chalicelib.schemas.channel import DiffQuery
from chalicelib.schemas.responses.channel import Diff
from chalicelib.schemas.responses.task import StartedTask

CHUNK = 200  # exercises whose questions are in memory at once


def read(user: Identity, channel_id: str, query: DiffQuery) -> Diff | StartedTask:
    """Return the latest difference: a page of each section, the section lengths, and the totals of both trees.

    The result is `stale` if the trees have changed since; then `task_id` names the task that compares them again.
    Before the first comparison, only `task_id` is returned. Raises NotFound if the channel has no such tree or the
    caller is not a member.
    """
    channel = check_member(user, channel_id)
    old_root, new_root = _root_of(channel, query.old), _root_of(channel, query.new)
    stamp = stamp_of(channel, old_root, new_root)
    name = name_of(old_root, new_root)
    found = diff_lines.read(name)
    if found is not None and found[0] == stamp:
        return _page(name, found[1], query, None)
    task_id = start(user, channel, stamp, old_root, new_root)
    return _page(name, found[1], query, task_id) if found else {"task_id": task_id}


def start(user: Identity, channel: Channel, stamp: cached_results.Stamp, old_root: str, new_root: str) -> str:
    """Start comparing two trees, unless that is under way; return the id of the task."""
    roots = {"old_root_id": old_root, "new_root_id": new_root}
    return cached_results.start(jobs.COMPARE_TREES, tasks.DIFF, channel.id, user.user_id, stamp, **roots)


def check_member(user: Identity, channel_id: str) -> Channel:
    """Return a channel whose trees the caller may compare, as a member. Raises NotFound."""
    return member(user, channel_id)[0]


def member(user: Identity, channel_id: str) -> tuple[Channel, Rights]:
    """`check_member`, with the caller's rights in the channel."""
    channel, rights = viewable(user, channel_id)
    if not policy.is_member(rights.role):
        raise NotFound(f"Channel {channel.id} shows its trees only to members. Ask an editor to invite you.")
    return channel, rights


def _root_of(channel: Channel, name: str) -> str:
    root_id = channels.tree_names(channel)[name]
    if not root_id:
        raise NotFound(f"Channel {channel.id} has no {name} tree.")
    return str(root_id)


def name_of(old_root: str, new_root: str) -> str:
    """The name of the cached difference of two trees."""
    return f"diff-{old_root}-{new_root}"


def stamp_of(channel: Channel, old_root: str, new_root: str) -> cached_results.Stamp:
    """Edits increase the channel's revision; an upload to a staged tree increases its root's node count."""
    found = {root.id: int(root.total_count) for root in nodes.get_many([old_root, new_root])}
    return [int(channel.rev), found.get(old_root, -1), found.get(new_root, -1)]


def _page(name: str, head: Head, query: DiffQuery, task_id: str | None) -> Diff:
    """Return a page of every section."""
    old, new = head["totals"]
    page = {
        "stale": task_id is not None,
        "task_id": task_id,
        "from": {"tree": query.old, **old},
        "to": {"tree": query.new, **new},
        "counts": diff_lines.counts(head),
        "page": query.page,
        "page_size": query.page_size,
        **diff_lines.page(name, head, (query.page - 1) * query.page_size, query.page_size),
    }
    return cast(Diff, page)


def compare(task_id: str) -> None:
    """Run a task that compares two trees. Stores the counts in the task and the difference where `read` finds it."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None or task.status in tasks.FINISHED:
        return
    tasks.advance(task, 10, "Comparing the trees")
    with diff_files.temporary() as (old, new, lines):
        _compare(task, channel, (old, new), lines)


def _compare(task: Task, channel: Channel, shelves: tuple[NodeFile, NodeFile], lines: LineFiles) -> None:
    roots = task.arguments["old_root_id"], task.arguments["new_root_id"]
    name, stamp, tally, marks = name_of(*roots), stamp_of(channel, *roots), Tally(), Marks()
    before = Tree(tree_streams.data(roots[0]), shelves[0])
    after = Tree(tally.counted(tree_streams.data(roots[1])), shelves[1])
    if before.root_id is None or after.root_id is None:
        tasks.finish(task, tasks.FAILURE, "One of the trees no longer exists. Compare the current trees.")
        return
    tree_statistics.keep(roots[1], tally, int(channel.rev))
    for section, line in diff.compare(before, after):
        lines.add(section, line)
        marks.note(section, line)
    tasks.advance(task, 40, "Comparing the questions")
    _compare_questions(before, after, lines, marks)
    tasks.advance(task, 80, "Sorting the changes")
    totals = [before.totals(), after.totals()]
    diff_levels.write(name, stamp, Levels(before, after, marks), lines.counts, totals)
    diff_lines.write(name, stamp, totals, lines)
    tasks.finish(task, tasks.SUCCESS, diff.sentence(lines.counts), lines.counts)


def _compare_questions(before: Tree, after: Tree, lines: LineFiles, marks: Marks) -> None:
    for chunk in tree_streams.chunks(diff.exercises(before, after), CHUNK):
        ids = [id for old_id, new_id, _ in chunk for id in (old_id, new_id) if id]
        found = dict(zip(ids, in_parallel(_outlines, ids), strict=True))
        for old_id, new_id, node in chunk:
            sections = diff_questions.compare(node, found.get(old_id or "", []), found.get(new_id or "", []))
            for section, made in sections.items():
                for line in made:
                    lines.add(section, line)
            if any(sections.values()) and old_id and new_id:
                marks.note_questions(new_id)


def _outlines(node_id: str) -> list[Any]:
    """Return the questions of an exercise. Raw data stored separately is compared by its key."""
    return [assessment_items.outline(item) for item in assessment_items.as_stored(node_id)]
