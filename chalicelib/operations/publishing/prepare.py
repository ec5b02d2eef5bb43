"""The publish worker: freezes the tree and generates its derived files for the export worker."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalicelib.domain.exercises.completion import first_sentence
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.left_out import LeftOut, left_out
from chalicelib.domain.trees.snapshot import digest, freeze, resource_count, without
from chalicelib.domain.types import ChannelData, NodeData, Snapshot
from chalicelib.errors import Conflict, StudioError
from chalicelib.export import frozen_file
from chalicelib.export.content_db import ContentDatabaseError
from chalicelib.models import channels, nodes, secret_tokens, tasks, trees
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.freezing import frozen_trees
from chalicelib.operations.publishing import (
    derived_files,
    exercise_pictures,
    pending_changes,
    publish_failure,
    publish_lock,
)
from chalicelib.operations.publishing.publish_lock import PUBLISH
from chalicelib.operations.search import search_index_update
from chalicelib.operations.trees import tree_statistics
from chalicelib.telemetry import log

NOTHING = "The tree has no complete resource. Add or complete one, then publish again."
NOTES_KEPT = "The version notes are kept for the next version, unless newer ones are sent."
UNCHANGED = "Nothing has changed since version {version}, so there is no new version."


class NotPublishable(StudioError):
    """The channel's tree cannot be published; the message is shown to its editors."""

    title = "Not publishable"


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
    elif publish_failure.is_killed_too_often(channel):
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
    if pending_changes.wait(task):
        channel = channels.get(channel.id) or channel
    tasks.advance(task, 5, "Reading the tree")
    root_id = _root_of(task, channel)
    tree = _read_tree(channel.id, root_id)
    tree_statistics.store(root_id, tree, int(channel.rev))
    snapshot = freeze(_channel_data(channel), tree, int(channel.version) + 1)
    tasks.advance(task, 30, "Making thumbnails and exercise archives")
    files, faults = derived_files.add(snapshot)
    _check_tree(channel.id, root_id)
    snapshot = without(snapshot, faults)
    omitted = left_out(tree, snapshot, faults, int(channel.rev), first_sentence)
    if not resource_count(snapshot):
        raise NotPublishable(" ".join([NOTHING, *omitted.notes]))
    remarks = exercise_pictures.note(files)
    if task.task_name == tasks.DRAFT:
        token = channel.draft_token or secret_tokens.reserve_for_draft(channel.id)
        _hand_over(task, channel, snapshot, token=token, **_found(remarks, omitted))
    else:
        _hand_over_or_end(task, channel, snapshot, remarks, omitted)


def _hand_over(task: Task, channel: Channel, snapshot: Snapshot, **arguments: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree.jsonl.gz"
        with frozen_file.Writer(path) as writer:
            for node in snapshot["nodes"]:
                writer.add(node)
            writer.finish(snapshot["channel"], snapshot["version"])
        key = frozen_trees.keep(path, str(channel.publish_worker))
    publish_lock.hand_over(task, channel, snapshot_key=key, **arguments)


def _hand_over_or_end(task: Task, channel: Channel, snapshot: Snapshot, remarks: list[str], omitted: LeftOut) -> None:
    fingerprint = digest(snapshot)
    if fingerprint == channel.published_digest:
        search_index_update.make_up_for_part(channel, in_memory(snapshot))
        columns: dict[str, object] = {"published_rev": channel.rev, "left_out": omitted.ids or None}
        if task.arguments.get("version_notes"):
            columns["next_version_notes"] = task.arguments["version_notes"]
            remarks = [NOTES_KEPT, *remarks]
        detail = " ".join([UNCHANGED.format(version=int(channel.version)), *remarks, *omitted.notes])
        left_out = {"left_out": omitted.groups, "remarks": remarks}
        result = {"version": int(channel.version), "token": channel.primary_token, **left_out}
        publish_lock.finish(task, channel, tasks.SUCCESS, detail, columns, [], result)
        return
    token = channel.primary_token or secret_tokens.reserve(channel.id)
    arguments = {"rev": int(channel.rev), "digest": fingerprint, "token": token, "left_out": omitted.ids}
    _hand_over(task, channel, snapshot, **arguments, **_found(remarks, omitted))


def _found(remarks: list[str], omitted: LeftOut) -> dict[str, object]:
    """The arguments of a task that say what the first stage found."""
    return {"notes": [*remarks, *omitted.notes], "remarks": remarks, "groups": omitted.groups}


def _root_of(task: Task, channel: Channel) -> str:
    if not task.arguments.get("use_staging_tree"):
        return str(channel.root_id)
    if not channel.staging_root_id:
        raise NotPublishable("The channel no longer has a staged tree. Request a draft of the live tree.")
    return str(channel.staging_root_id)


def _read_tree(channel_id: str, root_id: str) -> list[NodeData]:
    """Return a tree of a channel in tree order.

    Raises Conflict if the number of nodes differs from the root's count: the tree changed while it was read.
    """
    root = nodes.get(root_id)
    found = trees.walk(root_id)
    if root is None or len(found) - 1 != root.total_count:
        raise Conflict(f"The tree of channel {channel_id} changed while it was read.")
    return found


def _check_tree(channel_id: str, root_id: str) -> None:
    """Raise Conflict if the tree no longer belongs to the channel: questions are deleted before nodes."""
    channel = channels.get(channel_id)
    if channel is None or root_id not in channels.tree_names(channel).values():
        raise Conflict(f"A tree of channel {channel_id} was removed while it was read.")


def _channel_data(channel: Channel) -> ChannelData:
    return {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "tagline": channel.tagline,
        "language": channel.language,
        "thumbnail": derived_files.channel_icon(channel.thumbnail, channel.thumbnail_encoding),
        "inherit_metadata": bool(channel.ricecooker_version),
    }
