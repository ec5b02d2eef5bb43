"""Request a publish or a draft of a channel."""

from typing import NamedTuple

from chalicelib.errors import Conflict
from chalicelib.identity.authentication import Identity
from chalicelib.models.channels import Channel
from chalicelib.operations.access.channel_rights import editable_channel, refuse_deleted, writable
from chalicelib.operations.channels import channel_resource
from chalicelib.operations.publishing import publish_lock
from chalicelib.schemas.channel import ChannelChange

NOTES_WAIT = (
    "A publish is running, and another one follows it with these version notes. If nothing has changed then, they are "
    "kept for the next version, unless newer ones are sent."
)


class Requested(NamedTuple):
    """The task to poll, which is the running task if a publish is already running, and what happens to the notes."""

    channel_id: str
    task_id: str
    detail: str


def request(user: Identity, channel_id: str, version_notes: str = "", language: str | None = None) -> Requested:
    """Request a publish of the live tree; `language` is set on the channel first.

    Raises Conflict if the channel is deleted, NotFound and Forbidden as `writable` does.
    """
    channel, _ = writable(user, channel_id)
    refuse_deleted(channel)
    if language and language != channel.language:
        channel_resource.update(user, channel.id, ChannelChange(language=language))
    return _begin(user, channel, version_notes)


def request_for_chef(user: Identity, channel_id: str, version_notes: str = "") -> Requested:
    """Like `request`, but raises NotFound and Forbidden as `editable_channel` does."""
    return _begin(user, editable_channel(user, channel_id), version_notes)


def _begin(user: Identity, channel: Channel, version_notes: str) -> Requested:
    refuse_deleted(channel)
    task_id = publish_lock.request(user.user_id, channel, version_notes)
    is_joined = task_id == channel.publish_task_id
    return Requested(str(channel.id), task_id, NOTES_WAIT if is_joined and version_notes else "")


def request_draft(user: Identity, channel_id: str, use_staging_tree: bool = False) -> str:
    """Request a draft of the live or the staged tree. Returns the ID of the task to poll.

    Raises Conflict if the channel is deleted or has no staged tree, NotFound and Forbidden as `writable` does.
    """
    channel, _ = writable(user, channel_id)
    refuse_deleted(channel)
    if use_staging_tree and not channel.staging_root_id:
        raise Conflict(
            f"Channel {channel.id} has no staged tree. Stage one first, or request a draft of the live tree."
        )
    return publish_lock.request_draft(user.user_id, channel, use_staging_tree)
