"""The owner of a channel, who is charged for its files: the creator, then the longest-standing active editor."""

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.models import channel_members, channels, user_deletion, users
from chalicelib.models.base import update_if
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.operations.access import policy
from chalicelib.operations.storage.channel_files import COMMIT_DELAY, prepare_change


def prepare_pass_on(*channel_ids: str) -> None:
    """Queue the job that finds new owners for channels. Call it before the write by which an owner ends to be one."""
    messages = [jobs.PASS_ON_CHANNEL.message(channel_id=channel_id) for channel_id in channel_ids]
    queues.send_maintenance(*messages, delay=COMMIT_DELAY)


def prepare_deactivation(user_id: str) -> None:
    """Queue the job that finds new owners for all channels of a user. Call it before the user is deactivated."""
    queues.send_maintenance(jobs.PASS_ON_CHANNELS.message(user_id=user_id), delay=COMMIT_DELAY)


def pass_on_all(user_id: str) -> None:
    """Find a new owner for each channel that a user owns but may no longer own."""
    for member in channel_members.of_user(user_id):
        pass_on(str(member.channel_id))


def pass_on(channel_id: str) -> None:
    """Give a channel another owner if it has none, or if the owner is no longer an active editor.

    Without an active editor, the channel keeps its owner, unless their account is deleted: then it has none.
    """
    channel = channels.get(channel_id)
    if channel is None or (channel.owner_id and _may_own(channel_members.get(channel.owner_id, channel.id))):
        return
    owner_id = _longest_standing(channel.id)
    if owner_id == channel.owner_id or (owner_id is None and not _is_gone(str(channel.owner_id))):
        return
    prepare_change(channel.id, channel.owner_id, owner_id)
    was = Channel.owner_id
    as_read = was == channel.owner_id if channel.owner_id else was.does_not_exist()
    owner = Channel.owner_id.set(owner_id) if owner_id else Channel.owner_id.remove()
    update_if(Channel(channel.id), [owner], Channel.id.exists() & as_read)


def _may_own(member: ChannelMember | None) -> bool:
    if member is None or not policy.is_editor(member.role):
        return False
    user = users.get(member.user_id)
    return user is not None and bool(user.is_active)


def _is_gone(user_id: str) -> bool:
    user = users.get(user_id)
    return user is None or user_deletion.is_marked(user)


def _longest_standing(channel_id: str) -> str | None:
    """The active editor who became one first; those of whom the time is not known precede others."""
    members = [member for member in channel_members.of_channel(channel_id) if policy.is_editor(member.role)]
    known = users.get_many([member.user_id for member in members])
    active = [member for member in members if member.user_id in known and known[member.user_id].is_active]
    first = min(
        active, key=lambda member: (member.since.timestamp() if member.since else 0, member.user_id), default=None
    )
    return str(first.user_id) if first else None
