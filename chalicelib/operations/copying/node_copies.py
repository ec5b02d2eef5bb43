"""Copying nodes with all below them, also from other channels that one may view.

What lies below is written first, where nobody can reach it (see `models.tree_copies`); the copied node itself, its edge
and the counts above it follow in one transaction. Ids follow from the key, so a copy that is killed and made again
makes no node twice. Large copies are made in the background.
"""

import json
from collections.abc import Callable
from typing import Any

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.ids import new_id
from chalicelib.errors import BadRequest, Busy, Conflict, StudioError, TakenOver
from chalicelib.identity.authentication import Identity
from chalicelib.models import nodes, tasks, tree_copies, users
from chalicelib.models.assessment_items import outline
from chalicelib.models.nodes import Node
from chalicelib.models.tasks import Task
from chalicelib.models.tree_changes import Changes, commit, put, weight_of
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, retried
from chalicelib.operations.changes import node_changes
from chalicelib.operations.changes.feed import emissions
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

MAX_ATTEMPT_SECONDS = 900  # seconds after which an attempt to copy has come to its end, or was killed
MIN_BACKGROUND_NODES = 400  # nodes below, from which on a copy, or a change of all of them, is made in the background
MAX_TASK_BYTES = 300_000  # bytes of what is sent: an item of a table holds 400 kB
AGAIN = 30  # seconds

Tell = Callable[[int], None]


def is_large(node: Node) -> bool:
    """Whether so much is below a node that a copy, or a change of all of it, is for a worker."""
    return int(node.total_count) >= MIN_BACKGROUND_NODES


def request(user: Identity, node_id: str, body: Any) -> tuple[ContentNode | StartedTask, bool]:
    """(the copy, True), or, where it is large, ({"task_id"} of the task that makes it, False). Raises as `copy`."""
    sent = parse(Copy, body)
    place = node_rights.viewable(user, node_id)
    if not is_large(place.node):
        return copy(user, node_id, sent, as_sent=body), True
    goal = node_rights.live(user, sent.target)
    key = sent.key or new_id()
    _check(place.node, goal, key, sent)
    arguments = {**{name: body[name] for name in Copy.model_fields if name in body}, "key": key}
    if len(json.dumps(arguments)) > MAX_TASK_BYTES:
        raise BadRequest("mods: This is too much for a large copy. Copy first, and change the copy then.")
    task = tasks.new(new_id(), tasks.COPY, goal.channel.id, user.user_id, node_id=place.node.id, sent=arguments)
    task.save()
    queues.send_maintenance(jobs.COPY_NODES.message(task_id=task.id))
    return {"task_id": task.id}, False


def run(task_id: str) -> None:
    """Make the copy of a task, unless that is done. Raises Busy where another worker is at it."""
    task = tasks.get(task_id)
    if task is None or task.status in tasks.FINISHED:
        return
    key = task.arguments["sent"]["key"]
    made = nodes.get(key)
    try:
        if made is None or made.copied_by != task.id:
            _run(task)
    except TakenOver as lost:
        raise Busy(lost.detail, AGAIN) from lost
    except Busy:
        raise
    except StudioError as refusal:
        tasks.finish(task, tasks.FAILURE, refusal.detail)
    else:
        tasks.finish(task, tasks.SUCCESS, "The nodes are copied.", {"id": key})


def clear(node_id: str, attempt: str) -> None:
    """Remove what an attempt has left that was killed before its copy was there. Done twice, or late, all is well."""
    found = nodes.get(node_id)
    if found is not None and found.tree_id == attempt:
        tree_copies.give_back(node_id, attempt)


def _run(task: Task) -> None:
    user = users.get(task.user_id)
    if user is None:
        raise Conflict("The user who asked for this copy is gone.")
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
    tell: Tell = lambda percent: None,
    task_id: str | None = None,
    as_sent: dict[str, Any] | None = None,
) -> ContentNode:
    """Copy a node to a place in a live tree, of any size; returns the copy.

    `mods` are changes of the copied node itself; `excluded_descendants` (ids or node_ids) and all below them are left
    out; `key` is the id of the copy; `tell` is told how many per cent are done. `as_sent` is the body of the request,
    which is emitted with the copy; None where it is in the feed, as a sync client sent it. Raises NotFound for what one
    may not view, Forbidden for a target that one may not edit, Conflict where the key is taken, TakenOver where a later
    request took it.
    """
    source_place, place = node_rights.viewable(user, node_id), node_rights.live(user, sent.target)
    top_id, attempt = sent.key or new_id(), new_id()
    spot = _check(source_place.node, place, top_id, sent)
    above, rev = [node.id for node in spot.path], int(place.channel.rev) + 1
    goal = Goal(top_id, attempt, place, above, rev)
    source = copy_subtree.read(source_place.node.id, set(sent.excluded_descendants))
    names = _names(user, source.top)
    queues.send_maintenance(jobs.CLEAR_COPY.message(node_id=top_id, attempt=attempt), delay=MAX_ATTEMPT_SECONDS)
    if not tree_copies.reserve(top_id, attempt):
        raise _taken(top_id)
    try:
        below = copy_subtree.write(source, goal, tell)
        top, place, is_behind = retried(lambda: _commit(user, source, goal, below, sent, task_id, as_sent))
    except StudioError:
        tree_copies.give_back(top_id, attempt)
        raise
    if is_behind:
        propagation.complete(top, int(top.created_rev))
    return row_after_write(top, place.channel, names)


def _names(user: Identity, original: Node) -> dict[str, str]:
    """Names of the channels that a copy of a node tells of, as far as the user may view them."""
    known, _ = node_rights.channels_of(user, [original.original_channel_id or original.channel_id])
    return {channel.id: channel.name for channel in known.values()}


def _taken(key: str) -> Conflict:
    return Conflict(f"There is a node {key} already. Choose another key, or leave it out.")


def _check(original: Node, goal: Place, key: str, sent: Copy) -> Spot:
    """Refuse what cannot be done before anything is written; returns the place that is free now."""
    there = nodes.get(key)
    if there is not None and not nodes.is_reserved(there):
        raise _taken(key)
    scratch = nodes.from_data(nodes.to_data(original), [])
    edit(scratch, sent.mods)
    finish(scratch, [])
    return free_spot(goal, key, sent.position)


def _commit(
    user: Identity,
    source: Source,
    goal: Goal,
    below: Below,
    sent: Copy,
    task_id: str | None,
    as_sent: dict[str, Any] | None,
) -> tuple[Node, Place, bool] | None:
    """(the copied node, as it was put into the tree, its target, whether a publish since makes those below it seem
    published); None where a race was lost."""
    place = node_rights.live(user, sent.target)
    if (place.root_id, place.channel.id) != (goal.place.root_id, goal.place.channel.id):
        raise Conflict("The target has come into another tree meanwhile. Copy once more.")
    spot = free_spot(place, goal.top_id, sent.position)
    rebalancing.request(spot.path[-1].id, spot.position)
    changes = Changes([place.channel], attempt=goal.attempt)
    top = _top(source, goal, below, spot, changes.rev(place.channel.id))
    edit(top, sent.mods)
    finish(top, [outline(item) for item in below.questions])
    top.copied_by = task_id
    put(changes, top, spot.path, weight_of(top))
    made = node_changes.copied(user, source.top.id, top, as_sent) if as_sent is not None else []
    changes.emissions = emissions(made, place.counter)
    if spot.is_last:
        changes.sums[spot.path[-1].id]["next_position"] = 1
    is_behind = bool(source.below) and int(place.channel.published_rev) >= goal.rev
    if is_behind:
        propagation.prepare(top.id, int(top.created_rev))
    return (top, place, is_behind) if commit(changes) else None


def _top(source: Source, goal: Goal, below: Below, spot: Spot, rev: int) -> Node:
    kept = {source.top.id, *(node.id for node in source.below)}
    parent = spot.path[-1]
    top = copy_subtree.copied(source.top, source, goal, kept, parent.id, [node.id for node in spot.path])
    copy_subtree.ask(top, below.questions)
    top.position = spot.position
    top.created_rev = top.modified_rev = rev
    if top.newest_created_rev:
        top.newest_created_rev = rev
    counts = below.counts
    top.total_count, top.resource_count = counts.total, counts.resources
    top.coach_count, top.error_count, top.next_position = counts.coach, counts.errors, below.children
    return top
