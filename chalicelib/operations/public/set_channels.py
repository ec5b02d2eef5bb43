"""Visible channels of a set: its published channels that are public or that the set's owner may currently edit."""

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
    """Published channels by id, and the data that decides whether they are visible in sets."""

    channels: dict[str, Channel]
    owners: dict[str, User]
    memberships: dict[tuple[str, str], str]  # by (user id, channel id)

    def is_shown(self, channel_id: str, owner: str | None) -> bool:
        """Whether a channel is visible in a set with this owner ("": the set has none), or outside of sets (None)."""
        channel = self.channels.get(channel_id)
        if channel is None or owner is None:
            return channel is not None
        role = policy.role_of_owner(self.owners.get(owner), self.memberships.get((owner, channel_id)))
        return policy.is_shown_in_set(bool(channel.public), role)


def read(channel_ids: Iterable[str], in_sets: Iterable[tuple[str, str]] = ()) -> Found:
    """Read channels, and the owners of sets with their memberships by (owner, channel id). One batch read."""
    pairs = [pair for pair in dict.fromkeys(in_sets) if pair[0]]
    owners = list({owner for owner, _ in pairs})
    found = read_many({Channel: list(channel_ids), ChannelMember: pairs, User: owners})
    return Found(
        {channel.id: channel for channel in found[Channel] if channels.is_live(channel)},
        {person.id: person for person in found[User]},
        {(member.user_id, member.channel_id): member.role for member in found[ChannelMember]},
    )
