"""Summaries of the content of a channel or node: computed at once for a small tree, else in the background."""

from datetime import datetime
from typing import cast

from chalicelib.domain import jobs
from chalicelib.domain.trees.tree_details import Summary
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, nodes, tasks, tree_streams
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access import channel_rights, node_rights
from chalicelib.operations.background import cached_results
from chalicelib.operations.channels.channel_representation import thumbnail_url
from chalicelib.schemas.responses.details import OriginalChannel, TreeDetails
from chalicelib.schemas.responses.task import StartedTask

MAX_AT_ONCE = 300  # nodes; larger trees are summarized in the background
MAX_ORIGINALS = 20


def of_channel(user: Identity, channel_id: str) -> TreeDetails | StartedTask:
    """Return the summary of a channel's live tree, as `of_node` does."""
    channel, _ = channel_rights.viewable(user, channel_id)
    root = nodes.get(channel.root_id)
    if root is None:
        raise NotFound(f"The tree of channel {channel.id} was replaced. Try again.")
    return _details(user, channel, root)


def of_node(user: Identity, node_id: str) -> TreeDetails | StartedTask:
    """Return the summary of the content below a node. For a large tree, return the latest summary, or before the first
    one the `task_id` of the task that computes it. Raises NotFound if the user may not view the node."""
    place = node_rights.viewable(user, node_id)
    return _details(user, place.channel, place.node)


def _details(user: Identity, channel: Channel, node: Node) -> TreeDetails | StartedTask:
    if node.total_count <= MAX_AT_ONCE:
        return _summarize(channel, node)
    stamp = _stamp(channel, node)
    found = cached_results.read(_name(node.id), TreeDetails)
    if found is not None and found[0] == stamp:
        return found[1]
    task_id = cached_results.start(jobs.SUMMARIZE_TREE, tasks.DETAILS, channel.id, user.user_id, stamp, node_id=node.id)
    return found[1] if found else {"task_id": task_id}


def summarize(task_id: str) -> None:
    """Run a task that summarizes a large tree."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None or task.status in tasks.FINISHED:
        return
    node = nodes.get(task.arguments["node_id"])
    if node is None:
        tasks.finish(task, tasks.FAILURE, "The node no longer exists.")
        return
    tasks.advance(task, 10, "Reading the tree")
    cached_results.write(_name(node.id), _stamp(channel, node), _summarize(channel, node))
    tasks.finish(task, tasks.SUCCESS, f"Summarized {int(node.total_count)} nodes.")


def _name(node_id: str) -> str:
    return f"details-{node_id}"


def _stamp(channel: Channel, node: Node) -> cached_results.Stamp:
    return [int(channel.rev), int(node.total_count)]


def _summarize(channel: Channel, node: Node) -> TreeDetails:
    summary = Summary()
    for one in tree_streams.data(node.id):
        summary.add(one)
    found = {
        "last_update": _moment(channel.modified),
        "created": _moment(channel.created),
        **summary.result(),
        "original_channels": _named(summary.originals(channel.id)),
    }
    return cast(TreeDetails, found)


def _named(counts: dict[str, int]) -> list[OriginalChannel]:
    """Return the channels that are open to everyone."""
    found = channels.get_many(list(counts)[:MAX_ORIGINALS])
    return [
        {"id": one.id, "name": one.name, "thumbnail": thumbnail_url(one.thumbnail), "count": counts[one.id]}
        for one in found
        if channel_rights.is_open(one)
    ]


def _moment(value: datetime) -> str:
    """Format a time as Studio does in details."""
    return f"{value:%Y-%m-%d %H:%M:%S}"
