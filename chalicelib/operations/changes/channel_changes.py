"""Changes for sync clients that describe writes of channels: edits, new live or staged trees, and publishes."""

from collections.abc import Iterable
from typing import Any

from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, tasks
from chalicelib.models.changes import Change
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.changes.feed import by_request, by_server
from chalicelib.operations.changes.fields import fitting
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.responses.channel import Channel as ChannelOut
from chalicelib.schemas.sync import DELETED, UPDATED

_TABLE = "channel"


def updated(user: Identity, row: ChannelOut, given: Iterable[str]) -> list[Change]:
    """An update or restore of a channel. `source_domain` is called `source_url` in responses."""
    names = {"source_url" if name == "source_domain" else name for name in given} - {"id"}
    mods = fitting(row, names)
    return [by_request(user, row["id"], UPDATED, _TABLE, row["id"], mods=mods)] if mods else []


def deleted(user: Identity, channel_id: str) -> list[Change]:
    return [by_request(user, channel_id, DELETED, _TABLE, channel_id)]


def trees_exchanged(channel_id: str, root_id: str, staging_root_id: str | None) -> list[Change]:
    """An update with the new live and staged tree of a channel."""
    mods = {"root_id": root_id, "staging_root_id": staging_root_id}
    return [by_server(channel_id, _TABLE, channel_id, mods, unpublishable=False)]


def draft_discarded(channel_id: str) -> list[Change]:
    """An update of a channel whose draft was discarded."""
    return [by_server(channel_id, _TABLE, channel_id, {"draft_token": None}, unpublishable=False)]


def publish_ended(task: Task, status: str, channel: Channel) -> list[Change]:
    """The end of a publish or draft, with the channel's state after it, in the shape of Studio's sync."""
    is_publish = task.task_name != tasks.DRAFT
    return [by_server(channel.id, _TABLE, channel.id, _ended(is_publish, status, channel), unpublishable=is_publish)]


def _ended(is_publish: bool, status: str, channel: Channel) -> dict[str, Any]:
    if not is_publish:
        return {"draft_token": channel.draft_token}
    publishing = channels.is_publishing(channel)
    if status == tasks.FAILURE:
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
