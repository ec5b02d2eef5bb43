"""Copy nodes with their descendants, also from other channels that the user may view.

The descendants are written first, when they are not yet reachable (see `models.tree_copies`). The copied node itself,
its edge and the counts of its ancestors follow in one transaction. Ids are derived from the key, so that repeating an
interrupted copy creates no node twice. Large copies run in the background.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.ids import new_id
from chalicelib.errors import BadRequest, Busy, Conflict, StudioError, Superseded
from chalicelib.identity.authentication import Identity
from chalicelib.models import nodes, tasks, tree_copies, users
from chalicelib.models.assessment_items import outline
from chalicelib.models.nodes import Node
from chalicelib.models.tasks import Task
from chalicelib.models.tree_changes import Changes, commit, put, weight_of
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, retried
from chalicelib.operations.changes import node_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.copying import copy_subtree
from chalicelib.operations.copying.copy_subtree import Below, Goal, Source
from chalicelib.operations.nodes import propagation, rebalancing
from chalicelib.operations.nodes.node_moves import Spot, free_spot
from chalicelib.operations.nodes.node_representation import row_after_write
from chalicelib.operations.nodes.node_writes import edit, finish
from chalicelib.schemas.base import parse
from chalicelib.schemas.contentnode import Copy
from chalicelib.schemas.responses.content import ContentNode
from chalicelib.schemas.responses.task import StartedTask

MAX_SECONDS = 150  # after which an attempt is paused, and the next one resumes it
MAX_ATTEMPT_SECONDS = 900  # after this time, an attempt to copy has ended or its process was killed
MIN_BACKGROUND_NODES = 400  # descendants from which on a copy or a bulk update runs in the background
MAX_TASK_BYTES = 300_000  # of the request in the task: DynamoDB limits an item to 400 kB
RETRY_SECONDS = 30  # after which a copy is tried again that another worker is writing

Report = Callable[[int], None]  # called with the progress in per cent


def is_large(node: Node) -> bool:
    """Whether a node has so many descendants that a worker has to copy or update them."""
    return int(node.total_count) >= MIN_BACKGROUND_NODES


def request(user: Identity, node_id: str, body: Any) -> tuple[ContentNode | StartedTask, bool]:
    """Copy a node at the request of a user.

    Returns (the copy, True), or, if it is large, ({"task_id"} of the task that will copy it, False). Raises as `copy`.
    """
    sent = parse(Copy, body)
    place = node_rights.viewable(user, node_id)
    if not is_large(place.node):
        return copy(user, node_id, sent, as_sent=body), True
    goal = node_rights.live(user, sent.target)
    key = sent.key or new_id()
    _check(place.node, goal, key, sent)
    arguments = {**{name: body[name] for name in Copy.model_fields if name in body}, "key": key}
    if len(json.dumps(arguments)) > MAX_TASK_BYTES:
        raise BadRequest("mods: They are too large for a copy in the background. Copy first, then update the copy.")
    task = tasks.new(new_id(), tasks.COPY, goal.channel.id, user.user_id, node_id=place.node.id, sent=arguments)
    task.save()
    queues.send_maintenance(jobs.COPY_NODES.message(task_id=task.id))
    return {"task_id": task.id}, False


def run(task_id: str) -> None:
    """Run the copy of a task, unless it is finished. Raises Busy if another worker is running it."""
    task = tasks.get(task_id)
    if task is None or task.status in tasks.FINISHED:
        return
    key = task.arguments["sent"]["key"]
    made = nodes.get(key)
    try:
        if made is None or made.copied_by != task.id:
            _run(task)
    except Superseded as lost:
        raise Busy(lost.detail, RETRY_SECONDS) from lost
    except Busy:
        raise
    except StudioError as refusal:
        tasks.finish(task, tasks.FAILURE, refusal.detail)
    else:
        tasks.finish(task, tasks.SUCCESS, "The nodes are copied.", {"id": key})


def clear(node_id: str, attempt: str) -> None:
    """Remove the data of an attempt that was killed before it completed its copy. May run repeatedly or late."""
    found = nodes.get(node_id)
    if found is not None and found.tree_id == attempt:
        tree_copies.give_back(node_id, attempt)


def _run(task: Task) -> None:
    user = users.get(task.user_id)
    if user is None:
        raise Conflict("The user who requested this copy no longer exists.")
    identity = Identity(user.id, user.email, user.first_name, user.last_name, bool(user.is_admin))
    tasks.advance(task, 1, "Reading the nodes")
    copy(
        identity,
        task.arguments["node_id"],
        parse(Copy, task.arguments["sent"]),
        lambda percent: tasks.advance(task, percent, "Copying the nodes"),
        task.id,
        as_sent=task.arguments["sent"],
    )


def copy(
    user: Identity,
    node_id: str,
    sent: Copy,
    report: Report = lambda percent: None,
    task_id: str | None = None,
    as_sent: dict[str, Any] | None = None,
    origin: Origin = REQUEST,
) -> ContentNode:
    """Copy a node, with a subtree of any size, to a place in a live tree; return the copy.

    `mods` are changes of the top node of the copy; `excluded_descendants` (ids or node_ids) are left out with their
    descendants; `key` is the id of the copy; `report` is called with the progress in per cent. `as_sent` is the body of
    the request or the fields of the change, which are emitted with the copy.
    Raises NotFound for nodes that the user may not view, Forbidden for a target that the user may not edit, Conflict if
    the key is in use, and Superseded if a later request took over the key.
    """
    source_place, place = node_rights.viewable(user, node_id), node_rights.live(user, sent.target)
    top_id, attempt = sent.key or new_id(), new_id()
    present, spot = _check(source_place.node, place, top_id, sent)
    goal = Goal(top_id, attempt, place, [node.id for node in spot.path], int(place.channel.rev) + 1)
    source = copy_subtree.read(source_place.node.id, set(sent.excluded_descendants))
    names = _names(user, source.top)
    queues.send_maintenance(jobs.CLEAR_COPY.message(node_id=top_id, attempt=attempt), delay=MAX_ATTEMPT_SECONDS)
    goal, done = _reserved(goal, present, copy_subtree.mark_of(source, goal))
    try:
        below = _write(source, goal, done, report)
        top, place, is_behind = retried(lambda: _commit(user, source, goal, below, sent, task_id, as_sent, origin))
    except tree_copies.Paused:
        raise
    except StudioError:
        tree_copies.give_back(top_id, attempt)
        raise
    if is_behind:
        propagation.complete(top, int(top.created_rev))
    return row_after_write(top, place.channel, names)


def _reserved(goal: Goal, present: Node | None, mark: str) -> tuple[Goal, int]:
    """Reserve the id of a copy. Returns (the goal, with the revision of a paused attempt that it resumes, and how many
    descendants that has written)."""
    if present and tree_copies.is_paused(present, mark) and tree_copies.resume(present, goal.attempt):
        return replace(goal, rev=int(present.created_rev)), int(present.total_count)
    if not tree_copies.reserve(goal.top_id, goal.attempt):
        raise _taken(goal.top_id)
    return goal, 0


def _write(source: Source, goal: Goal, done: int, report: Report) -> Below:
    """Write the descendants. After MAX_SECONDS, raises Paused, and the next attempt resumes this one."""
    deadline = time.monotonic() + MAX_SECONDS
    try:
        return copy_subtree.write(source, goal, done, report, lambda: time.monotonic() > deadline)
    except tree_copies.Paused as paused:
        mark = copy_subtree.mark_of(source, goal)
        tree_copies.pause(goal.top_id, goal.attempt, mark, paused.done, goal.rev)
        raise


def _names(user: Identity, original: Node) -> dict[str, str]:
    """Return the names, by id, of the channels that a copy of a node refers to and the user may view."""
    known, _ = node_rights.channels_of(user, [original.original_channel_id or original.channel_id])
    return {channel.id: channel.name for channel in known.values()}


def _taken(key: str) -> Conflict:
    return Conflict(f"A node with the id {key} already exists. Choose another key, or omit it.")


def _check(original: Node, goal: Place, key: str, sent: Copy) -> tuple[Node | None, Spot]:
    """Raise the errors of an impossible copy before anything is written. Returns (the reservation of an earlier
    attempt, the spot that is free now)."""
    present = nodes.get(key)
    if present is not None and not nodes.is_reserved(present):
        raise _taken(key)
    scratch = nodes.from_data(nodes.to_data(original), [])
    edit(scratch, sent.mods)
    finish(scratch, [])
    return present, free_spot(goal, key, sent.position)


def _commit(
    user: Identity,
    source: Source,
    goal: Goal,
    below: Below,
    sent: Copy,
    task_id: str | None,
    as_sent: dict[str, Any] | None,
    origin: Origin,
) -> tuple[Node, Place, bool] | None:
    """Put the top node of a copy into the tree. Returns (the node, its target, `is_behind`); None after a lost race.

    `is_behind`: the channel was published since the copy began, so that the revisions of the descendants, which are
    older than the publish, must be raised.
    """
    place = node_rights.live(user, sent.target)
    if (place.root_id, place.channel.id) != (goal.place.root_id, goal.place.channel.id):
        raise Conflict("The target was moved to another tree meanwhile. Send the copy again.")
    spot = free_spot(place, goal.top_id, sent.position)
    rebalancing.request(spot.path[-1].id, spot.position)
    changes = Changes([place.channel], attempt=goal.attempt)
    top = _top(source, goal, below, spot, changes.rev(place.channel.id))
    edit(top, sent.mods)
    finish(top, [outline(item) for item in below.questions])
    top.copied_by = task_id
    put(changes, top, spot.path, weight_of(top))
    if as_sent is not None:
        made = node_changes.copied(user, source.top.id, top, sent, as_sent.get("mods") or {})
        changes.emissions = emissions(origin.emitted(made), place.counter)
    if spot.is_last:
        changes.sums[spot.path[-1].id]["next_position"] = 1
    is_behind = bool(source.below) and int(place.channel.published_rev) >= goal.rev
    if is_behind:
        propagation.prepare(top.id, int(top.created_rev))
    return (top, place, is_behind) if commit(changes) else None


def _top(source: Source, goal: Goal, below: Below, spot: Spot, rev: int) -> Node:
    parent = spot.path[-1]
    top = copy_subtree.copied(source.top, source, goal, parent.id, [node.id for node in spot.path])
    copy_subtree.set_questions(top, below.questions)
    top.position = spot.position
    top.created_rev = top.modified_rev = rev
    if top.newest_created_rev:
        top.newest_created_rev = rev
    counts = below.counts
    top.total_count, top.resource_count = counts.total, counts.resources
    top.coach_count, top.error_count, top.next_position = counts.coach, counts.errors, below.children
    return top
