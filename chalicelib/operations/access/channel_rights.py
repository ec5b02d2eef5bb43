"""Channels, for those who may see or change them: what one may not even view is not there."""

from collections.abc import Iterable
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels
from chalicelib.models.base import Table, read_many
from chalicelib.models.channel_members import EDIT, ChannelMember
from chalicelib.models.channels import Channel


def viewable(user: Identity, channel_id: str) -> tuple[Channel, str | None]:
    """A channel that the user may view, and their role in it. One batch read.

    Raises NotFound where there is none, and where the user may not view it.
    """
    plain = parse_id(channel_id)
    if plain is None:
        raise NotFound(f"Channel not found: {channel_id[:60]!r} is not an id of 32 hex digits.")
    found = read_many({Channel: [plain], ChannelMember: [(user.user_id, plain)]})
    role = found[ChannelMember][0].role if found[ChannelMember] else None
    if not found[Channel] or not may_view(user, found[Channel][0], role):
        raise NotFound(f"Channel not found: {plain}")
    return found[Channel][0], role


def writable(user: Identity, channel_id: str) -> tuple[Channel, str | None]:
    """The same of a channel that the user may change.

    Raises NotFound as `viewable` does, Forbidden where the user may only view it.
    """
    channel, role = viewable(user, channel_id)
    if not may_edit(user, role):
        raise Forbidden(f"You may not edit channel {channel.id}. Ask one of its editors to invite you.")
    return channel, role


def refuse_deleted(channel: Channel) -> None:
    """Raises Conflict where a channel is deleted: it is not published, and none of its trees goes live."""
    if channel.deleted:
        raise Conflict(f"Channel {channel.id} is deleted. Restore it first.")


def may_view(user: Identity, channel: Channel, role: str | None) -> bool:
    """Whether the user, whose role in the channel this is, may view it."""
    return user.is_admin or role is not None or (bool(channel.public) and channels.is_live(channel))


def may_edit(user: Identity, role: str | None) -> bool:
    """Whether the user may change a channel in which this is their role."""
    return user.is_admin or role == EDIT


def editable_channel(user: Identity, channel_id: object) -> Channel:
    """The channel, where the user may edit it. One batch read.

    Raises NotFound where there is none (or the id is none), Forbidden where the user may not edit it.
    """
    return editable_channels(user, [channel_id])[0]


def editable_channels(user: Identity, channel_ids: Iterable[object]) -> list[Channel]:
    """Channels in the order asked for, all of which the user may edit. One batch read a fifty.

    Raises NotFound or Forbidden as `editable_channel` does.
    """
    wanted = [_known_form(channel_id) for channel_id in channel_ids]
    found = read_many({Channel: wanted, ChannelMember: [(user.user_id, channel_id) for channel_id in wanted]})
    channels = {channel.id: channel for channel in found[Channel]}
    editable = editable_ids(user, found)
    for channel_id in wanted:
        if channel_id not in channels:
            raise NotFound(f"Channel not found: {channel_id}")
        if channel_id not in editable and not user.is_admin:
            raise Forbidden(f"You may not edit channel {channel_id}. Ask one of its editors to invite you.")
    return [channels[channel_id] for channel_id in wanted]


def editable_ids(user: Identity, found: dict[type[Table], list[Any]]) -> set[str]:
    """The channels that memberships among the items read give the user the right to edit."""
    return {member.channel_id for member in found[ChannelMember] if member.role == EDIT}


def _known_form(channel_id: object) -> str:
    plain = parse_id(channel_id)
    if plain is None:
        raise NotFound(f"Channel not found: {str(channel_id)[:60]!r} is not an id of 32 hex digits.")
    return plain
