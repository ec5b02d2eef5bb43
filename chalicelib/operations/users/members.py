"""Editors and viewers of channels: who they are, and how they come and go beside invitations."""

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_members, invitations, users
from chalicelib.models.base import read_many
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import role_in
from chalicelib.operations.access.policy import Role
from chalicelib.operations.users.profile import brief
from chalicelib.schemas.responses.people import Member
from chalicelib.schemas.user import MemberList


@dataclass(frozen=True)
class Standing:
    """A channel that the caller may view, and what the caller and other users are to it."""

    channel: Channel
    role: Role | None  # the caller's
    memberships: dict[str, str]  # of the caller and of those asked for, by user id
    people: dict[str, User]  # of those asked for

    def require_editor(self) -> None:
        """Raises Forbidden where the caller may not edit the channel."""
        if not policy.may_edit(self.role):
            raise policy.refuse_edit(self.channel.id)


def standing(user: Identity, channel_id: object, *others: str) -> Standing:
    """How the caller and other users stand to a channel. One batch read.

    Raises NotFound where there is no channel, or none that the caller may view.
    """
    wanted = parse_id(channel_id) or ""
    members = [(each, wanted) for each in {user.user_id, *others}]
    keys: dict[Any, list[Any]] = {Channel: [wanted], ChannelMember: members, User: list(others)}
    found = read_many(keys) if wanted else {Channel: []}
    if not found[Channel]:
        raise NotFound(f"Channel not found: {str(channel_id)[:60]!r}")
    (channel,) = found[Channel]
    memberships = {member.user_id: member.role for member in found[ChannelMember]}
    role = role_in(user, channel, memberships.get(user.user_id))
    if not policy.may_view(role):
        raise NotFound(f"Channel not found: {wanted!r}")
    return Standing(channel, role, memberships, {person.id: person for person in found[User]})


def of_channel(user: Identity, query: MemberList) -> list[Member]:
    """The editors of a channel, then its viewers, each by address, for its members. Addresses of others are told to
    editors only: for viewers they are "".

    Raises NotFound, or Forbidden for a channel that the caller views only because it is public.
    """
    found = standing(user, query.channel)
    if not policy.is_member(found.role):
        raise Forbidden("Only members of a channel see who the others are. Ask one of its editors to invite you.")
    members = {member.user_id: member.role for member in channel_members.of_channel(found.channel.id)}
    rows = [_row(person, members[person.id]) for person in users.get_many(list(members)).values()]
    rows = [row if policy.may_view_address(user, found.role, row["id"]) else {**row, "email": ""} for row in rows]
    return sorted(rows, key=lambda row: (not row["can_edit"], row["email"], row["first_name"], row["last_name"]))


def make_editor(user: Identity, user_id: str, channel_id: str) -> Member:
    """Let a viewer edit; an administrator may let anybody. Where the user may already, nothing changes.

    Raises NotFound where the user is no member, Forbidden, or Conflict after a lost race.
    """
    found = standing(user, channel_id, _plain(user_id))
    found.require_editor()
    person, membership = found.people.get(_plain(user_id)), found.memberships.get(_plain(user_id))
    if person is None or not policy.may_make_editor(found.role, membership):
        raise NotFound("This user is no member of the channel. Invite the user first.")
    editor = Role.EDIT.value
    if not policy.is_editor(membership) and not channel_members.give(person.id, found.channel.id, membership, editor):
        raise Conflict("The members of the channel changed just now. Look at them and try again.")
    return _row(person, editor)


def remove(user: Identity, user_id: str, channel_id: str) -> None:
    """Take a member's right away; everyone may give up the own one. Who is removed by another cannot come back by an
    invitation that was not decided: it is revoked.

    Raises NotFound where the user is no member, Forbidden, or Conflict: the last editor stays, unless an
    administrator does it.
    """
    member = _plain(user_id)
    found = standing(user, channel_id, member)
    if not policy.may_remove_member(user, found.role, member):
        raise policy.refuse_edit(found.channel.id)
    membership = found.memberships.get(member)
    if membership is None:
        raise NotFound("This user is no member of the channel.")
    needs_another = policy.must_leave_editor(found.role, membership)
    staying = _another_editor(found.channel.id, member) if needs_another else None
    waiting = [] if policy.owns(user, member) else invitations.waiting(member, found.channel.id)
    if not invitations.remove_member(member, found.channel.id, membership, staying, waiting):
        raise Conflict("The members of the channel changed just now. Look at them and try again.")


def leave(user: Identity, user_id: str, channel_id: str) -> None:
    """Give up the own right; otherwise as `remove`.

    Raises Forbidden where it is somebody else's.
    """
    if not policy.may_manage(user, _plain(user_id)):
        raise Forbidden("You can only remove yourself here. Editors remove others by DELETE /api/channeluser/<id>.")
    remove(user, user_id, channel_id)


def _another_editor(channel_id: str, leaving: str) -> str:
    """An editor who stays. Whether that is still so is for the transaction to say: what is read here may lag."""
    for member in channel_members.of_channel(channel_id):
        if policy.is_editor(member.role) and member.user_id != leaving:
            return str(member.user_id)
    raise Conflict("A channel needs an editor. Make somebody else one first.")


def _plain(user_id: str) -> str:
    plain = parse_id(user_id)
    if plain is None:
        raise NotFound(f"User not found: {user_id[:60]!r}")
    return plain


def _row(person: User, membership: str) -> Member:
    return {**brief(person), "can_edit": policy.is_editor(membership), "can_view": not policy.is_editor(membership)}
