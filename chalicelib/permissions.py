"""Who may do what. Every route declares one `Access`; rights in a channel are asked for by name."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Forbidden, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models.base import Table, read_many
from chalicelib.models.channel_members import EDIT, ChannelMember
from chalicelib.models.channels import Channel


class Access(Enum):
    """Who may call a route at all."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    ADMIN = "administrators"


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
