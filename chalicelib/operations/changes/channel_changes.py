"""What we do with a channel by ourselves, told to those who edit it (recorded: changes of Studio's sync)."""

from typing import Any

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.models import channels, tasks
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.changes import feed
from chalicelib.operations.public.channel_entries import moment
from chalicelib.telemetry import log


def tell_of_trees(channel: Channel) -> None:
    """Which trees a channel has now. It is a courtesy: where it fails, what was done stays done."""
    mods = {"root_id": channel.root_id, "staging_root_id": channel.staging_root_id}
    try:
        feed.tell(channel.id, "channel", channel.id, mods, unpublishable=False)
    except UNAVAILABLE:
        log.exception("a change of a channel's trees could not be told")


def tell_of_publish(task: Task) -> None:
    """How a publish or a draft has ended, as its channel is now; nothing while it runs."""
    channel = channels.get(task.channel_id)
    if channel is not None and task.status in tasks.FINISHED:
        is_publish = task.task_name != tasks.DRAFT
        feed.tell(channel.id, "channel", channel.id, _ended(task, channel), unpublishable=is_publish)


def _ended(task: Task, channel: Channel) -> dict[str, Any]:
    if task.task_name == tasks.DRAFT:
        return {"draft_token": channel.draft_token}
    publishing = channels.is_publishing(channel)
    if task.status == tasks.FAILURE:
        return {"publishing": publishing}
    return {
        "version": int(channel.version),
        "published": bool(channel.version),
        "publishing": publishing,
        "draft_token": channel.draft_token,
        "primary_token": channel.primary_token,
        "last_published": moment(channel.last_published) if channel.last_published else None,
        "unpublished_changes": channel.rev != channel.published_rev,
    }
