"""What there is in a channel, or below one of its nodes: at once for a small tree, else in the background."""

from datetime import datetime
from typing import cast

from chalicelib.domain import jobs
from chalicelib.domain.trees.tree_details import details_of, originals
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, nodes, tasks, trees
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access import channel_rights, node_rights
from chalicelib.operations.background import cached_results
from chalicelib.operations.channels.channel_representation import thumbnail_url
from chalicelib.schemas.responses.details import OriginalChannel, TreeDetails
from chalicelib.schemas.responses.task import StartedTask

MAX_AT_ONCE = 300  # nodes: of more it is worked out in the background
MAX_ORIGINALS = 20


def of_channel(user: Identity, channel_id: str) -> TreeDetails | StartedTask:
    """What there is in a channel's live tree, as `of_node`."""
    channel, _ = channel_rights.viewable(user, channel_id)
    root = nodes.get(channel.root_id)
    if root is None:
        raise NotFound(f"Channel {channel.id} has another tree by now. Ask again.")
    return _details(user, channel, root)


def of_node(user: Identity, node_id: str) -> TreeDetails | StartedTask:
    """What there is below a node, or of a large tree as it was when it was worked out last; before that, `task_id`
    names the task that does it. Raises NotFound where the user may not view the node."""
    place = node_rights.viewable(user, node_id)
    return _details(user, place.channel, place.node)


def _details(user: Identity, channel: Channel, node: Node) -> TreeDetails | StartedTask:
    if node.total_count <= MAX_AT_ONCE:
        return _worked_out(channel, node)
    stamp = _stamp(channel, node)
    found = cached_results.read(_name(node.id), TreeDetails)
    if found is not None and found[0] == stamp:
        return found[1]
    task_id = cached_results.start(jobs.SUMMARIZE_TREE, tasks.DETAILS, channel.id, user.user_id, stamp, node_id=node.id)
    return found[1] if found else {"task_id": task_id}


def work_out(task_id: str) -> None:
    """Do a task that looks through a large tree."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None or task.status in tasks.FINISHED:
        return
    node = nodes.get(task.arguments["node_id"])
    if node is None:
        tasks.finish(task, tasks.FAILURE, "The node is not there any more.")
        return
    tasks.advance(task, 10, "Reading the tree")
    cached_results.write(_name(node.id), _stamp(channel, node), _worked_out(channel, node))
    tasks.finish(task, tasks.SUCCESS, f"Looked at {int(node.total_count)} nodes.")


def _name(node_id: str) -> str:
    return f"details-{node_id}"


def _stamp(channel: Channel, node: Node) -> cached_results.Stamp:
    return [int(channel.rev), int(node.total_count)]


def _worked_out(channel: Channel, node: Node) -> TreeDetails:
    below = trees.walk(node.id)
    found = {
        "last_update": _moment(channel.modified),
        "created": _moment(channel.created),
        **details_of(below),
        "original_channels": _named(originals(below, channel.id)),
    }
    return cast(TreeDetails, found)


def _named(counts: dict[str, int]) -> list[OriginalChannel]:
    """Those of the channels that anybody may know of."""
    found = channels.get_many(list(counts)[:MAX_ORIGINALS])
    return [
        {"id": one.id, "name": one.name, "thumbnail": thumbnail_url(one.thumbnail), "count": counts[one.id]}
        for one in found
        if channel_rights.is_open(one)
    ]


def _moment(value: datetime) -> str:
    """As Studio writes it there."""
    return f"{value:%Y-%m-%d %H:%M:%S}"
