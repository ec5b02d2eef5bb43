"""Which channels of a set are shown: of those that are published the public ones, and of private ones those that the
owner of the set may edit at that moment. Who is no editor any more, or deactivated, gives nobody a channel."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.models import channels
from chalicelib.models.base import read_many
from chalicelib.models.channel_members import EDIT, ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.users import User


@dataclass(frozen=True)
class Found:
    """Channels that are published, by id, and who may edit them: active people alone."""

    channels: dict[str, Channel]
    editors: set[tuple[str, str]]  # (user id, channel id)
    administrators: set[str]

    def is_shown(self, channel_id: str, owner: str | None) -> bool:
        """Whether a channel is shown in a set with this owner ("" is nobody), or by itself (None)."""
        channel = self.channels.get(channel_id)
        if channel is None or owner is None:
            return channel is not None
        return bool(channel.public) or (owner, channel_id) in self.editors or owner in self.administrators


def read(channel_ids: Iterable[str], in_sets: Iterable[tuple[str, str]] = ()) -> Found:
    """What is to be known of channels, and of those that sets name as (owner, channel id). One batch read."""
    pairs = [pair for pair in dict.fromkeys(in_sets) if pair[0]]
    owners = list({owner for owner, _ in pairs})
    found = read_many({Channel: list(channel_ids), ChannelMember: pairs, User: owners})
    editors = [member for member in found[ChannelMember] if member.role == EDIT]
    active = {person.id: person for person in found[User] if person.is_active}
    return Found(
        {channel.id: channel for channel in found[Channel] if channels.is_live(channel)},
        {(member.user_id, member.channel_id) for member in editors if member.user_id in active},
        {person.id for person in active.values() if person.is_admin},
    )
