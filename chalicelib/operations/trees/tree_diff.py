"""Differences between two trees of a channel, for its members."""

from typing import Any, cast

from chalicelib.domain import jobs
from chalicelib.domain.exercises import diff_questions
from chalicelib.domain.trees import diff
from chalicelib.domain.types import NodeData
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, channels, nodes, tasks, trees
from chalicelib.models.base import in_parallel
from chalicelib.models.channels import Channel
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import viewable
from chalicelib.operations.access.policy import Rights
from chalicelib.operations.background import cached_results
from chalicelib.operations.trees import diff_levels, tree_statistics
from chalicelib.schemas.channel import DiffQuery
from chalicelib.schemas.responses.channel import Diff
from chalicelib.schemas.responses.task import StartedTask

Changes = dict[str, Any]  # as returned by `domain.trees.diff`
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
    found = cached_results.read(name_of(old_root, new_root), Changes)
    if found is not None and found[0] == stamp:
        return _page(found[1], query, None)
    task_id = start(user, channel, stamp, old_root, new_root)
    return _page(found[1], query, task_id) if found else {"task_id": task_id}


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


def _page(changes: Changes, query: DiffQuery, task_id: str | None) -> Diff:
    """Return a page of every section."""
    start = (query.page - 1) * query.page_size
    old, new = changes["totals"]
    page = {
        "stale": task_id is not None,
        "task_id": task_id,
        "from": {"tree": query.old, **old},
        "to": {"tree": query.new, **new},
        "counts": diff.counts(changes),
        "page": query.page,
        "page_size": query.page_size,
        **{section: changes[section][start : start + query.page_size] for section in diff.SECTIONS},
    }
    return cast(Diff, page)


def compare(task_id: str) -> None:
    """Run a task that compares two trees. Stores the counts in the task and the difference where `read` finds it."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None or task.status in tasks.FINISHED:
        return
    tasks.advance(task, 10, "Comparing the trees")
    old_root, new_root = task.arguments["old_root_id"], task.arguments["new_root_id"]
    stamp = stamp_of(channel, old_root, new_root)
    old, new = trees.walk(old_root), trees.walk(new_root)
    if not old or not new:
        tasks.finish(task, tasks.FAILURE, "One of the trees no longer exists. Compare the current trees.")
        return
    tree_statistics.store(new_root, new, int(channel.rev))
    changes = diff.compare(old, new)
    tasks.advance(task, 40, "Comparing the questions")
    _add_questions(changes, diff.exercises(old, new))
    tasks.advance(task, 80, "Sorting the changes")
    diff_levels.write(name_of(old_root, new_root), stamp, old, new, changes)
    cached_results.write(name_of(old_root, new_root), stamp, changes)
    tasks.finish(task, tasks.SUCCESS, diff.sentence(changes), diff.counts(changes))


def _add_questions(changes: Changes, exercises: list[tuple[str | None, str | None, NodeData]]) -> None:
    for at in range(0, len(exercises), CHUNK):
        chunk = exercises[at : at + CHUNK]
        ids = [id for old_id, new_id, _ in chunk for id in (old_id, new_id) if id]
        found = dict(zip(ids, in_parallel(_outlines, ids), strict=True))
        for old_id, new_id, node in chunk:
            sections = diff_questions.compare(node, found.get(old_id or "", []), found.get(new_id or "", []))
            for section, lines in sections.items():
                changes[section] += lines


def _outlines(node_id: str) -> list[Any]:
    """Return the questions of an exercise. Raw data stored separately is compared by its key."""
    return [assessment_items.outline(item) for item in assessment_items.as_stored(node_id)]
