"""The state of publishing a channel, for its members: the task that runs, or how the latest publish has ended."""

from typing import TypedDict

from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import tasks
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import viewable
from chalicelib.operations.channels import channel_tasks
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.schemas.responses.channel import Channel as ChannelOut
from chalicelib.schemas.responses.task import Task as TaskOut

LATEST = 20  # tasks of a channel among which the latest publish is looked for


class PublishState(TypedDict):
    """A channel (`count` is 0), whether the caller may publish it, version notes kept for the next version, and the
    running or latest task."""

    channel: ChannelOut
    may_publish: bool
    kept_notes: str
    task: TaskOut | None


def state(user: Identity, channel_id: str) -> PublishState:
    """Return the state of publishing. Raises NotFound if the caller is not a member of the channel."""
    channel, rights = viewable(user, channel_id)
    if not policy.is_member(rights.role):
        raise NotFound(f"Channel {channel.id} shows its tasks only to members. Ask an editor to invite you.")
    task = _running(channel) or _latest(channel)
    return {
        "channel": fields_of(channel, None, rights),
        "may_publish": policy.may_edit(rights.role) and not channel.deleted,
        "kept_notes": channel.next_version_notes or "",
        "task": channel_tasks.fields(user, task, rights.role) if task else None,
    }


def _running(channel: Channel) -> Task | None:
    return tasks.get(channel.publish_task_id) if channel.publish_task_id else None


def _latest(channel: Channel) -> Task | None:
    """The latest publish. It is read again if the index, which may lag, does not know its end yet."""
    found = next((one for one in tasks.of_channel(channel.id, LATEST) if one.task_name == tasks.PUBLISH), None)
    return tasks.get(found.id) if found is not None and found.status not in tasks.FINISHED else found
