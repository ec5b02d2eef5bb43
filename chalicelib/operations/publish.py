"""The publish worker: freezes the live tree, with every file made that it needs, for the export worker."""

from collections.abc import Callable
from typing import Any

from chalicelib import storage
from chalicelib.domain import snapshot as snapshots
from chalicelib.domain.storage_keys import snapshot_key
from chalicelib.domain.types import ChannelData, NodeData, Snapshot
from chalicelib.errors import Conflict, StudioError
from chalicelib.export.content_db import ContentDatabaseError
from chalicelib.export.perseus_items import InvalidPerseusItem
from chalicelib.models import nodes, secret_tokens, tasks, trees
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations import derived_files, publish_lock, tree_facts
from chalicelib.operations.publish_lock import PUBLISH

UNCHANGED = "Nothing has changed since version {version}, so there is no new version."


class NotPublishable(StudioError):
    """The channel's tree cannot be published as it is; the sentence is for its editors."""

    title = "Not publishable"


def run(task_id: str) -> None:
    """Do a publish task's first half, unless it is done already.

    Raises Busy where another worker is at it.
    """
    with_lease(task_id, PUBLISH, _prepare)


def with_lease(task_id: str, stage: str, work: Callable[[Task, Channel], None]) -> None:
    """Do a stage of a task under its lease. A channel that cannot be published ends its task with the reason."""
    claimed = publish_lock.claim(task_id, stage)
    if claimed is None:
        return
    task, channel = claimed
    try:
        with publish_lock.kept_alive(task, channel):
            _work_or_refuse(task, channel, work)
    except BaseException:
        publish_lock.release(task, channel)
        raise


def _work_or_refuse(task: Task, channel: Channel, work: Callable[[Task, Channel], None]) -> None:
    try:
        work(task, channel)
    except (NotPublishable, InvalidPerseusItem, ContentDatabaseError) as refusal:
        publish_lock.finish(task, channel, tasks.FAILURE, str(refusal), [], [])


def _prepare(task: Task, channel: Channel) -> None:
    tasks.advance(task, 5, "Reading the tree")
    tree = _read_tree(channel)
    tree_facts.keep(channel.root_id, tree)
    snapshot = snapshots.freeze(_channel_data(channel), tree, int(channel.version) + 1)
    if not snapshots.resource_count(snapshot):
        raise NotPublishable("There is nothing to publish: the channel's live tree has no complete resource.")
    _refuse_duplicates(snapshot)
    tasks.advance(task, 30, "Making thumbnails and exercise archives")
    derived_files.add(snapshot)
    digest = snapshots.digest(snapshot)
    if digest == channel.published_digest:
        changes: list[Any] = [Channel.published_rev.set(channel.rev)]
        detail = UNCHANGED.format(version=int(channel.version))
        result = {"version": int(channel.version), "token": channel.primary_token}
        publish_lock.finish(task, channel, tasks.SUCCESS, detail, changes, [], result)
        return
    storage.put(snapshot_key(task.id), snapshots.to_bytes(snapshot), "application/gzip")
    token = channel.primary_token or secret_tokens.reserve(channel.id)
    publish_lock.hand_over(task, channel, rev=int(channel.rev), digest=digest, token=token)


def _read_tree(channel: Channel) -> list[NodeData]:
    """The live tree in tree order.

    Raises Conflict where the nodes are not as many as the root counts: the tree changed while it was read.
    """
    root = nodes.get(channel.root_id)
    found = trees.walk(channel.root_id)
    if root is None or len(found) - 1 != root.total_count:
        raise Conflict(f"The tree of channel {channel.id} changed while it was read.")
    return found


def _refuse_duplicates(snapshot: Snapshot) -> None:
    titles: dict[str, str] = {}
    for node in snapshot["nodes"]:
        if node["node_id"] in titles:
            both = f"{titles[node['node_id']]!r} and {node['title']!r}"
            raise NotPublishable(f"Two nodes have the node_id {node['node_id']}: {both}. Remove one of them.")
        titles[node["node_id"]] = node["title"]


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
