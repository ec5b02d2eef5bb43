"""Editors and viewers of channels: list, promote and remove them."""

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.identity.accounts import address_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_members, invitations, users
from chalicelib.models.base import read_many
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import role_in
from chalicelib.operations.access.policy import Role
from chalicelib.operations.storage import ownership
from chalicelib.operations.users.people import brief
from chalicelib.schemas.responses.people import Member
from chalicelib.schemas.user import MemberList


@dataclass(frozen=True)
class Standing:
    """A channel that the caller may view, with the memberships of the caller and other users."""

    channel: Channel
    role: Role | None  # the caller's
    memberships: dict[str, str]  # of the caller and the requested users, by user ID
    people: dict[str, User]  # the requested users

    def require_editor(self) -> None:
        """Raise Forbidden if the caller may not edit the channel."""
        if not policy.may_edit(self.role):
            raise policy.refuse_edit(self.channel.id)


def standing(user: Identity, channel_id: object, *others: str) -> Standing:
    """Read the memberships of the caller and other users in a channel. One batch read.

    Raises NotFound if the channel does not exist or the caller may not view it.
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
        raise NotFound(f"Channel not found: {wanted}")
    return Standing(channel, role, memberships, {person.id: person for person in found[User]})


def of_channel(user: Identity, query: MemberList) -> list[Member]:
    """Return the members of a channel to its members: editors, then viewers, each by e-mail address. Only editors see
    the addresses of others; viewers get "".

    Raises NotFound, or Forbidden if the caller may view the channel only because it is public.
    """
    found = standing(user, query.channel)
    if not policy.is_member(found.role):
        raise Forbidden("Only members of a channel can list its members. Ask one of its editors to invite you.")
    members = {member.user_id: member.role for member in channel_members.of_channel(found.channel.id)}
    rows = [_row(person, members[person.id]) for person in users.get_many(list(members)).values()]
    rows = [row if policy.may_view_address(user, found.role, row["id"]) else {**row, "email": ""} for row in rows]
    return sorted(rows, key=lambda row: (not row["can_edit"], row["email"], row["first_name"], row["last_name"]))


def make_editor(user: Identity, user_id: str, channel_id: str) -> Member:
    """Make a viewer an editor; administrators may do this for any user. Idempotent.

    Raises NotFound if the user is not a member, Forbidden, or Conflict after a lost race.
    """
    found = standing(user, channel_id, _plain(user_id))
    found.require_editor()
    person, membership = found.people.get(_plain(user_id)), found.memberships.get(_plain(user_id))
    if person is None or not policy.may_make_editor(found.role, membership):
        raise NotFound("This user is not a member of the channel. Invite the user first.")
    editor = Role.EDIT.value
    if not policy.is_editor(membership) and not channel_members.give(person.id, found.channel.id, membership, editor):
        raise Conflict("The members of the channel were changed by another request. Reload them and try again.")
    return _row(person, editor)


def remove(user: Identity, user_id: str, channel_id: str) -> None:
    """Remove a member from a channel; members may remove themselves. Removing another user also revokes that user's
    pending invitations.

    Raises NotFound if the user is not a member, Forbidden, or Conflict: only administrators may remove the last editor.
    """
    member = _plain(user_id)
    found = standing(user, channel_id, member)
    membership = found.memberships.get(member)
    if membership is None and policy.owns(user, member):
        raise NotFound("You are not a member of the channel.")
    if not policy.may_remove_member(user, found.role, member):
        raise policy.refuse_edit(found.channel.id)
    if membership is None:
        raise NotFound("This user is not a member of the channel.")
    needs_another = policy.must_leave_editor(found.role, membership)
    staying = _another_editor(found.channel.id, member) if needs_another else None
    waiting = [] if policy.owns(user, member) else invitations.waiting(_invited(found, member), found.channel.id)
    if member == found.channel.owner_id:
        ownership.prepare_pass_on(found.channel.id)
    if not invitations.remove_member(member, found.channel.id, membership, staying, waiting):
        raise Conflict("The members of the channel were changed by another request. Reload them and try again.")


def leave(user: Identity, user_id: str, channel_id: str) -> None:
    """Leave a channel; otherwise as `remove`.

    Raises Forbidden for another user's membership.
    """
    if not policy.may_manage(user, _plain(user_id)):
        raise Forbidden("You can only remove yourself here. Use DELETE /api/channeluser/<id> to remove others.")
    remove(user, user_id, channel_id)


def _another_editor(channel_id: str, leaving: str) -> str:
    """Return another editor. This read may be stale; the transaction checks it again."""
    for member in channel_members.of_channel(channel_id):
        if policy.is_editor(member.role) and member.user_id != leaving:
            return str(member.user_id)
    raise Conflict("A channel needs an editor. Make another member an editor first.")


def _invited(found: Standing, user_id: str) -> set[str]:
    """The ids by which invitations name a user."""
    person = found.people.get(user_id)
    return {user_id, *([address_id(person.email)] if person and person.email else [])}


def _plain(user_id: str) -> str:
    plain = parse_id(user_id)
    if plain is None:
        raise NotFound(f"User not found: {user_id[:60]!r}")
    return plain


def _row(person: User, membership: str) -> Member:
    return {**brief(person), "can_edit": policy.is_editor(membership), "can_view": not policy.is_editor(membership)}
