"""What must be known of channels to decide who may change them, and who is told of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.auth import Identity
from chalicelib.models import changes, channels
from chalicelib.models.base import Table, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channel_members import EDIT, ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.file_places import FilePlace
from chalicelib.models.nodes import Node

PUBLIC = "public"  # the role of those who view a channel because everybody may
ADMIN = "admin"


@dataclass
class Known:
    """What was read to decide about changes; more may be read later."""

    user: Identity
    channels: dict[str, Channel] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)  # the user's, by channel
    counters: dict[str, Counter] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)  # their channels
    files: dict[str, str] = field(default_factory=dict)  # their nodes

    def role(self, channel_id: str) -> str | None:
        """What the user is to a channel: administrator, editor, viewer, one of the public, or nothing."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return None
        if self.user.is_admin:
            return ADMIN
        is_open = bool(channel.public) and channels.is_live(channel)
        return self.roles.get(channel_id) or (PUBLIC if is_open else None)

    def may_edit(self, channel_id: str) -> bool:
        return self.role(channel_id) in (EDIT, ADMIN)

    def may_see(self, owner: str) -> bool:
        """Whether the user is told of changes of an owner."""
        return owner == changes.owner_of_user(self.user.user_id) or self.role(owner) is not None

    def read(self, channel_ids: Iterable[str], node_ids: Iterable[str] = (), file_ids: Iterable[str] = ()) -> None:
        """Read what is not known yet of all these. One batch read a hundred."""
        wanted = [id for id in dict.fromkeys(channel_ids) if id not in self.counters]
        owners = wanted + [owner for owner in [changes.owner_of_user(self.user.user_id)] if owner not in self.counters]
        keys: dict[type[Table], list[Any]] = {
            Change: [changes.counter_key(owner) for owner in owners],
            Channel: wanted,
            ChannelMember: [(self.user.user_id, id) for id in wanted],
            Node: [id for id in dict.fromkeys(node_ids) if id not in self.nodes],
            FilePlace: [id for id in dict.fromkeys(file_ids) if id not in self.files],
        }
        found = read_many({model: some for model, some in keys.items() if some})
        self.counters |= changes.counters_among(found.get(Change, []), owners)
        self.channels |= {channel.id: channel for channel in found.get(Channel, [])}
        self.roles |= {member.channel_id: member.role for member in found.get(ChannelMember, [])}
        self.nodes |= {node.id: node.channel_id for node in found.get(Node, [])}
        self.files |= {place.id: place.contentnode_id for place in found.get(FilePlace, []) if place.contentnode_id}
