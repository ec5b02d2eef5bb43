"""Permissions on channels: reads the data that the policy needs and raises the error for a refused request.

The policy makes every decision. A channel that the user may not view is reported as not found.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.domain.tokens import is_channel_token, plain_token
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, channels, nodes
from chalicelib.models.base import Table, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.operations.access import policy
from chalicelib.operations.access.policy import Rights, Role

Found = dict[type[Table], list[Any]]  # the result of `read_many`


def viewable(user: Identity, channel_id: str) -> tuple[Channel, Rights]:
    """Return a channel that the user may view, and the user's rights in it. One batch read.

    Raises NotFound if the channel does not exist or the user may not view it.
    """
    plain = _parsed(channel_id)
    return _viewable(user, plain, read_many(keys(user, [plain])))


def _viewable(user: Identity, plain: str, found: Found) -> tuple[Channel, Rights]:
    if not found[Channel]:
        role = memberships(found).get(plain)  # of a channel that is being removed, as long as it is not
        if policy.is_editor(role) or policy.is_viewer(role):
            raise NotFound(f"Channel {plain} is being deleted for good, and cannot be restored any more.")
        raise _unknown(user, plain)
    rights = rights_in(user, found[Channel][0], memberships(found).get(plain))
    if not policy.may_view(rights.role):
        raise NotFound(f"Channel not found: {plain}")
    return found[Channel][0], rights


def _unknown(user: Identity, plain: str) -> NotFound:
    """The error for an id without a channel. If it is that of a node, its channel is named to members. Two reads."""
    node = nodes.get(plain)
    channel = named(user, node.channel_id, policy.is_member) if node else None
    return NotFound(f"Channel not found: {plain}{f'. That is a node of channel {channel.id}.' if channel else ''}")


def named(user: Identity, channel_id: str, may: Callable[[Role | None], bool]) -> Channel | None:
    """Return a channel that an error may name, as `may` decides by the user's role; None if there is none. One read."""
    found = read_many(keys(user, [channel_id]))
    of_user = roles(user, found)
    return next((channel for channel in found[Channel] if may(of_user[channel.id])), None)


def writable(user: Identity, channel_id: str) -> tuple[Channel, Rights]:
    """Return a channel that the user may edit, and the user's rights in it.

    Raises NotFound as `viewable` does, and Forbidden if the user may only view the channel.
    """
    plain = _parsed(channel_id)
    return _writable(user, plain, read_many(keys(user, [plain])))


def writable_with_feed(user: Identity, channel_id: str) -> tuple[Channel, Rights, Counter]:
    """`writable`, with the counter of the channel's feed, which emitting changes requires."""
    plain = _parsed(channel_id)
    found = read_many({**keys(user, [plain]), Change: [changes.counter_key(plain)]})
    channel, rights = _writable(user, plain, found)
    return channel, rights, changes.counters_among(found[Change], [plain])[plain]


def _writable(user: Identity, plain: str, found: Found) -> tuple[Channel, Rights]:
    channel, rights = _viewable(user, plain, found)
    if not policy.may_edit(rights.role):
        raise policy.refuse_edit(channel.id)
    return channel, rights


def editable_channel(user: Identity, channel_id: object) -> Channel:
    """Return a channel that the user may edit, for the endpoints that chefs use. One batch read.

    Raises NotFound if the channel does not exist or the id is invalid, and Forbidden if the user may not edit the
    channel, even if the user may not view it either.
    """
    return editable_channels(user, [channel_id])[0]


def editable_channels(user: Identity, channel_ids: Iterable[object]) -> list[Channel]:
    """Return channels, all of which the user may edit, in the given order. One batch read per 50.

    Raises NotFound or Forbidden as `editable_channel` does.
    """
    wanted = [_parsed(channel_id) for channel_id in channel_ids]
    found = read_many(keys(user, wanted))
    by_id, roles_by_channel = {channel.id: channel for channel in found[Channel]}, memberships(found)
    for channel_id in wanted:
        if channel_id not in by_id:
            raise _unknown(user, channel_id)
        if not policy.may_edit(policy.role_of(user, roles_by_channel.get(channel_id))):
            raise policy.refuse_edit(channel_id)
    return [by_id[channel_id] for channel_id in wanted]


def refuse_deleted(channel: Channel) -> None:
    """Raise Conflict if a channel is deleted: it cannot be published, and none of its trees can go live."""
    if channel.deleted:
        raise Conflict(f"Channel {channel.id} is deleted. Restore it first.")


def keys(user: Identity, channel_ids: Iterable[str]) -> dict[type[Table], list[object]]:
    """Return the keys for `read_many` of these channels and of the user's memberships in them."""
    ids = list(channel_ids)
    return {Channel: [*ids], ChannelMember: [(user.user_id, channel_id) for channel_id in ids]}


def memberships(found: Found) -> dict[str, str]:
    """Return the user's memberships among the items read with `keys`, by channel id."""
    return {member.channel_id: member.role for member in found[ChannelMember]}


def roles(user: Identity, found: Found) -> dict[str, Role | None]:
    """Return the user's role in each of the channels read with `keys`, by channel id."""
    stored = memberships(found)
    return {channel.id: role_in(user, channel, stored.get(channel.id)) for channel in found[Channel]}


def role_in(user: Identity, channel: Channel, membership: str | None) -> Role | None:
    """Return the user's role in a channel. `membership` is the user's stored membership in it, if any."""
    # `is_open` is evaluated for non-members only, because lists contain thousands of channels.
    return policy.role_of(user, membership) or policy.role_of(user, None, is_open(channel))


def role_of_member(user: Identity, channel_id: str) -> Role | None:
    """Return the user's role in a channel, ignoring whether it is public. One read, none for administrators."""
    role = policy.role_of(user, None)
    if policy.may_view(role):
        return role
    found = read_many({ChannelMember: [(user.user_id, channel_id)]})
    return policy.role_of(user, memberships(found).get(channel_id))


def rights_in(user: Identity, channel: Channel, membership: str | None) -> Rights:
    """Return the user's role in a channel together with the membership."""
    return Rights(role_in(user, channel, membership), membership)


def is_open(channel: Channel) -> bool:
    """Whether every user may view the live tree of a channel."""
    return policy.is_open(bool(channel.public), channels.is_live(channel))


def _parsed(channel_id: object) -> str:
    plain = parse_id(channel_id)
    if plain is None:
        token = plain_token(str(channel_id))
        found = f" To find the channel of a token: GET /api/public/v1/channels/lookup/{token}"
        advice = found if is_channel_token(token) else ""
        raise NotFound(f"Channel not found: {str(channel_id)[:60]!r} is not an id of 32 hex digits.{advice}")
    return plain
