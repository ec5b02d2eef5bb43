"""The publish worker: freezes the tree and generates its derived files for the export worker."""

from collections.abc import Callable
from typing import Any

from chalicelib.export.content_db import ContentDatabaseError
from chalicelib.models import channels, secret_tokens, tasks
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.freezing import checkpoints, frozen_trees
from chalicelib.operations.publishing import pending_changes, publish_failure, publish_lock, settled, tree_freezing
from chalicelib.operations.publishing.publish_lock import PUBLISH
from chalicelib.operations.publishing.settled import NOTES_KEPT, Found
from chalicelib.operations.publishing.tree_freezing import FrozenState, NotPublishable
from chalicelib.operations.search import search_index_update
from chalicelib.telemetry import log

NOTHING = "The tree has no complete resource. Add or complete one, then publish again."
UNCHANGED = "Nothing has changed since version {version}, so there is no new version."


def run(task_id: str) -> None:
    """Run the first stage of a publish task, unless it is already done.

    Raises Busy if another worker holds the lease.
    """
    with_lease(task_id, PUBLISH, _prepare)


def with_lease(task_id: str, stage: str, work: Callable[[Task, Channel], None]) -> None:
    """Run a stage of a task under its lease. If the channel cannot be published, or the workers of this stage were
    killed too often, the task fails with the reason."""
    claimed = publish_lock.claim(task_id, stage)
    if claimed is None:
        return
    task, channel = claimed
    log.append_keys(task_id=task.id, channel_id=channel.id)  # the handler removes them after the message
    log.info(stage)
    if channel.deleted:
        work = publish_failure.refuse_deleted
    elif publish_failure.is_killed_too_often(task, channel):
        work = publish_failure.fail
    try:
        with publish_lock.kept_alive(task, channel):
            _work_or_refuse(task, channel, work)
    except BaseException:
        publish_lock.release(task, channel)
        raise


def _work_or_refuse(task: Task, channel: Channel, work: Callable[[Task, Channel], None]) -> None:
    try:
        work(task, channel)
    except (NotPublishable, ContentDatabaseError) as refusal:
        publish_lock.finish(task, channel, tasks.FAILURE, str(refusal), {}, [])


def _prepare(task: Task, channel: Channel) -> None:
    if pending_changes.wait(task) or settled.holds(channel):
        channel = channels.get(channel.id) or channel  # changes may have been applied since the lease was taken
    if task.task_name == tasks.PUBLISH and (known := settled.found_before(channel)):
        search_index_update.send_refresh(channel.id)
        _end_unchanged(task, channel, known)
        return
    with tree_freezing.freeze(task, channel, _root_of(task, channel)) as state:
        if not state.tree.summary["resources"]:
            raise NotPublishable(" ".join([NOTHING, *state.found.omitted.notes]))
        if task.task_name == tasks.DRAFT:
            token = channel.draft_token or secret_tokens.reserve_for_draft(channel.id)
            _hand_over(task, channel, state, token=token)
        elif state.digest == channel.published_digest:
            search_index_update.make_up_for_part(channel, state.tree)
            _end_unchanged(task, channel, state.found)
        else:
            token = channel.primary_token or secret_tokens.reserve(channel.id)
            found = {"rev": int(channel.rev), "digest": state.digest, "left_out": state.found.omitted.ids}
            _hand_over(task, channel, state, token=token, settled=settled.mark(task, channel, state.found), **found)


def _hand_over(task: Task, channel: Channel, state: FrozenState, **arguments: Any) -> None:
    key, found = frozen_trees.keep(state.tree, str(channel.publish_worker)), state.found
    arguments |= {checkpoints.ARGUMENT: None, "remarks": found.remarks, "groups": found.omitted.groups}
    publish_lock.hand_over(task, channel, snapshot_key=key, notes=[*found.remarks, *found.omitted.notes], **arguments)


def _end_unchanged(task: Task, channel: Channel, found: Found) -> None:
    columns: dict[str, object] = {
        "published_rev": channel.rev,
        "left_out": found.omitted.ids or None,
        "settled": settled.mark(task, channel, found),
    }
    remarks = found.remarks
    if task.arguments.get("version_notes"):
        columns["next_version_notes"] = task.arguments["version_notes"]
        remarks = [NOTES_KEPT, *remarks]
    detail = " ".join([UNCHANGED.format(version=int(channel.version)), *remarks, *found.omitted.notes])
    left_out = {"left_out": found.omitted.groups, "remarks": remarks}
    result = {"version": int(channel.version), "token": channel.primary_token, **left_out}
    publish_lock.finish(task, channel, tasks.SUCCESS, detail, columns, [], result)


def _root_of(task: Task, channel: Channel) -> str:
    if not task.arguments.get("use_staging_tree"):
        return str(channel.root_id)
    if not channel.staging_root_id:
        raise NotPublishable("The channel no longer has a staged tree. Request a draft of the live tree.")
    return str(channel.staging_root_id)
