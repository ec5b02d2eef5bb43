"""The data that decides who may change a channel and who receives its changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.identity.authentication import Identity
from chalicelib.models import changes
from chalicelib.models.base import Table, read_raw
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.file_places import FilePlace
from chalicelib.models.lazy import to_read
from chalicelib.models.nodes import Node
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import memberships, role_in
from chalicelib.operations.access.policy import Role


@dataclass
class SyncContext:
    """Data read so far to check the permissions of changes; more may be read later."""

    user: Identity
    channels: dict[str, Channel] = field(default_factory=dict)
    memberships: dict[str, str] = field(default_factory=dict)  # the user's, by channel ID
    counters: dict[str, Counter] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)  # channel ID by node ID
    paths: dict[str, list[str]] = field(default_factory=dict)  # IDs of the ancestors, by node ID
    moved: dict[str, str] = field(default_factory=dict)  # target channels of nodes that this request moves
    files: dict[str, str] = field(default_factory=dict)  # node ID by file ID

    def role(self, channel_id: str) -> Role | None:
        """Return the user's role in a channel."""
        channel = self.channels.get(channel_id)
        return role_in(self.user, channel, self.memberships.get(channel_id)) if channel else None

    def may_edit(self, channel_id: str) -> bool:
        return policy.may_edit(self.role(channel_id))

    def may_see(self, owner: str) -> bool:
        """Whether the user receives the changes of an owner. Those of a channel are for its members and administrators.

        They would show the public what is in the trash and what the channel held before it was public.
        """
        return owner == changes.owner_of_user(self.user.user_id) or policy.is_member(self.role(owner))

    def read(self, channel_ids: Iterable[str], node_ids: Iterable[str] = (), file_ids: Iterable[str] = ()) -> None:
        """Read those of these items that are not known yet. One batch read per 100."""
        wanted = [id for id in dict.fromkeys(channel_ids) if id not in self.counters]
        owners = wanted + [owner for owner in [changes.owner_of_user(self.user.user_id)] if owner not in self.counters]
        keys: dict[type[Table], list[Any]] = {
            Change: [changes.counter_key(owner) for owner in owners],
            Channel: wanted,
            ChannelMember: [(self.user.user_id, id) for id in wanted],
            Node: [id for id in dict.fromkeys(node_ids) if id not in self.nodes],
            FilePlace: [id for id in dict.fromkeys(file_ids) if id not in self.files],
        }
        read = read_raw({model: some for model, some in keys.items() if some}, {Node: ("id", "channel_id", "path")})
        found: dict[type[Table], list[Any]] = {model: to_read(model, items) for model, items in read.items()}
        self.counters |= changes.counters_among(found.get(Change, []), owners)
        self.channels |= {channel.id: channel for channel in found.get(Channel, [])}
        self.memberships |= memberships({ChannelMember: found.get(ChannelMember, [])})
        self.nodes |= {node.id: node.channel_id for node in found.get(Node, [])}
        self.paths |= {node.id: node.path for node in found.get(Node, [])}
        self.files |= {place.id: place.contentnode_id for place in found.get(FilePlace, []) if place.contentnode_id}

    def channels_of(self, node_id: str) -> list[str]:
        """Return the channels that a node may be in after the earlier changes of the request; empty if unknown."""
        return [home for home in (self.moved.get(node_id), self.nodes.get(node_id)) if home]

    def track_created(self, node_id: str, channel_id: str, parent_id: str | None) -> None:
        """Record a node that will be created below or beside another."""
        self.nodes.setdefault(node_id, channel_id)
        self.paths.setdefault(node_id, [*self.paths.get(parent_id or "", []), parent_id] if parent_id else [])

    def track_moved(self, node_id: str, target_id: str) -> None:
        """Record a move of a node and its descendants to a target that may be in another channel."""
        home = next(iter(self.channels_of(target_id)), None)
        if home and home != self.nodes.get(node_id, home):
            self.moved |= {id: home for id in self.nodes if id == node_id or node_id in self.paths.get(id, [])}
