"""Which channels of a set are shown: of those that are published the public ones, and of private ones those that the
owner of the set may edit at that moment."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.models import channels
from chalicelib.models.base import read_many
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.operations.access import policy


@dataclass(frozen=True)
class Found:
    """Channels that are published, by id, and what decides about showing them in sets."""

    channels: dict[str, Channel]
    owners: dict[str, User]
    memberships: dict[tuple[str, str], str]  # by (user id, channel id)

    def is_shown(self, channel_id: str, owner: str | None) -> bool:
        """Whether a channel is shown in a set with this owner ("" is nobody), or by itself (None)."""
        channel = self.channels.get(channel_id)
        if channel is None or owner is None:
            return channel is not None
        role = policy.role_of_owner(self.owners.get(owner), self.memberships.get((owner, channel_id)))
        return policy.is_shown_in_set(bool(channel.public), role)


def read(channel_ids: Iterable[str], in_sets: Iterable[tuple[str, str]] = ()) -> Found:
    """What is to be known of channels, and of those that sets name as (owner, channel id). One batch read."""
    pairs = [pair for pair in dict.fromkeys(in_sets) if pair[0]]
    owners = list({owner for owner, _ in pairs})
    found = read_many({Channel: list(channel_ids), ChannelMember: pairs, User: owners})
    return Found(
        {channel.id: channel for channel in found[Channel] if channels.is_live(channel)},
        {person.id: person for person in found[User]},
        {(member.user_id, member.channel_id): member.role for member in found[ChannelMember]},
    )
