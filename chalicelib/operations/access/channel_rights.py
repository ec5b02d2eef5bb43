"""What a user may do with a channel: reads what the policy needs, and raises what it refuses.

Every decision is the policy's. A channel that a user may not even view does not exist for that user.
"""

from collections.abc import Iterable
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, channels
from chalicelib.models.base import Table, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.operations.access import policy
from chalicelib.operations.access.policy import Rights, Role

Found = dict[type[Table], list[Any]]  # what `read_many` returned


def viewable(user: Identity, channel_id: str) -> tuple[Channel, Rights]:
    """A channel that the user may view, and the user's rights in it. One batch read.

    Raises NotFound where there is no such channel, and where the user may not view it.
    """
    plain = _parsed(channel_id)
    return _viewable(user, plain, read_many(keys(user, [plain])))


def _viewable(user: Identity, plain: str, found: Found) -> tuple[Channel, Rights]:
    rights = rights_in(user, found[Channel][0], memberships(found).get(plain)) if found[Channel] else None
    if rights is None or not policy.may_view(rights.role):
        raise NotFound(f"Channel not found: {plain}")
    return found[Channel][0], rights


def writable(user: Identity, channel_id: str) -> tuple[Channel, Rights]:
    """The same for a channel that the user may edit.

    Raises NotFound as `viewable` does, Forbidden where the user may only view it.
    """
    channel, rights, _ = writable_with_feed(user, channel_id)
    return channel, rights


def writable_with_feed(user: Identity, channel_id: str) -> tuple[Channel, Rights, Counter]:
    """The same, with the counter of the channel's feed, for what the write emits."""
    plain = _parsed(channel_id)
    found = read_many({**keys(user, [plain]), Change: [changes.counter_key(plain)]})
    channel, rights = _viewable(user, plain, found)
    if not policy.may_edit(rights.role):
        raise policy.refuse_edit(channel.id)
    return channel, rights, changes.counters_among(found[Change], [plain])[plain]


def editable_channel(user: Identity, channel_id: object) -> Channel:
    """The channel, where the user may edit it, as chefs ask for it. One batch read.

    Raises NotFound where there is none (or the id is none), Forbidden where the user may not edit it, whether or not
    the user may view it.
    """
    return editable_channels(user, [channel_id])[0]


def editable_channels(user: Identity, channel_ids: Iterable[object]) -> list[Channel]:
    """Channels in the order given, all of which the user may edit. One batch read per 50.

    Raises NotFound or Forbidden as `editable_channel` does.
    """
    wanted = [_parsed(channel_id) for channel_id in channel_ids]
    found = read_many(keys(user, wanted))
    by_id, own = {channel.id: channel for channel in found[Channel]}, memberships(found)
    for channel_id in wanted:
        if channel_id not in by_id:
            raise NotFound(f"Channel not found: {channel_id}")
        if not policy.may_edit(policy.role_of(user, own.get(channel_id))):
            raise policy.refuse_edit(channel_id)
    return [by_id[channel_id] for channel_id in wanted]


def refuse_deleted(channel: Channel) -> None:
    """Raises Conflict where a channel is deleted: it is not published, and none of its trees goes live."""
    if channel.deleted:
        raise Conflict(f"Channel {channel.id} is deleted. Restore it first.")


def keys(user: Identity, channel_ids: Iterable[str]) -> dict[type[Table], list[object]]:
    """Keys of what decides about these channels, for `read_many`: the channels, and the user's memberships in them."""
    ids = list(channel_ids)
    return {Channel: [*ids], ChannelMember: [(user.user_id, channel_id) for channel_id in ids]}


def memberships(found: Found) -> dict[str, str]:
    """The user's memberships among what was read with `keys`, by channel."""
    return {member.channel_id: member.role for member in found[ChannelMember]}


def roles(user: Identity, found: Found) -> dict[str, Role | None]:
    """What the user is to each of the channels read with `keys`, by channel."""
    own = memberships(found)
    return {channel.id: role_in(user, channel, own.get(channel.id)) for channel in found[Channel]}


def role_in(user: Identity, channel: Channel, membership: str | None) -> Role | None:
    """What the user, whose membership in the channel this is, is to it."""
    # Whether it is open is worked out for others only: lists hold thousands of channels.
    return policy.role_of(user, membership) or policy.role_of(user, None, is_open(channel))


def role_of_member(user: Identity, channel_id: str) -> Role | None:
    """What the user is to a channel, whether or not it is public. One read, none for an administrator."""
    role = policy.role_of(user, None)
    if policy.may_view(role):
        return role
    found = read_many({ChannelMember: [(user.user_id, channel_id)]})
    return policy.role_of(user, memberships(found).get(channel_id))


def rights_in(user: Identity, channel: Channel, membership: str | None) -> Rights:
    """`role_in`, with the membership."""
    return Rights(role_in(user, channel, membership), membership)


def is_open(channel: Channel) -> bool:
    """Whether everybody may view the live tree of a channel."""
    return policy.is_open(bool(channel.public), channels.is_live(channel))


def _parsed(channel_id: object) -> str:
    plain = parse_id(channel_id)
    if plain is None:
        raise NotFound(f"Channel not found: {str(channel_id)[:60]!r} is not an id of 32 hex digits.")
    return plain
