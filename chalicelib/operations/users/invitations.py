"""Invitations: editors send them, those invited accept or decline them, editors and their sender revoke them."""

from collections.abc import Iterable
from typing import Any, cast

from chalicelib.aws import mail
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.errors import Busy, Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.identity.accounts import plain_address, user_id_of
from chalicelib.identity.authentication import Identity
from chalicelib.models import invitations
from chalicelib.models.base import now, read_many, save_new
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.invitations import Invitation
from chalicelib.models.users import User
from chalicelib.operations.access import channel_rights, policy
from chalicelib.operations.access.policy import Role
from chalicelib.operations.users.members import standing
from chalicelib.schemas.invitation import InvitationChanges, InvitationIn, InvitationList, ShareMode
from chalicelib.schemas.responses.people import Invitation as InvitationOut

DECISIONS = ("accepted", "declined", "revoked")
_FIXED = ("email", "channel")
_FREE = ("share_mode", "first_name", "last_name")


def create(user: Identity, sent: InvitationIn) -> InvitationOut:
    """Invite somebody to a channel, and send an e-mail. Without the one there is not the other.

    Raises ValidationFailed for what is no address, NotFound or Forbidden for the channel, Conflict where it is
    deleted, the invited is a member or has an invitation to decide already, or the id is taken, Busy where the
    e-mail cannot be sent.
    """
    address = plain_address(sent.email)
    if address is None:
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    invited_id = user_id_of(address)
    found = standing(user, sent.channel, invited_id)
    found.require_editor()
    if found.channel.deleted:
        raise Conflict(f"Channel {found.channel.id} is deleted. Restore it first.")
    if invited_id in found.memberships:
        raise Conflict(f"{address} is a member of this channel already.")
    if invitations.waiting(invited_id, found.channel.id):
        raise Conflict(f"{address} is invited to this channel already. Change that invitation, or revoke it.")
    invitation = Invitation(
        id=sent.id or new_id(),
        email=address,
        user_id=invited_id,
        first_name=sent.first_name,
        last_name=sent.last_name,
        channel_id=found.channel.id,
        share_mode=sent.share_mode,
        sender_id=user.user_id,
        sender_name=f"{user.first_name} {user.last_name}".strip() or user.email,
        created=now(),
    )
    if not save_new(invitation):
        raise Conflict(f"There is an invitation {invitation.id} already. Choose another id, or none.")
    try:
        mail.send_invitation(address, invitation.sender_name, found.channel.name, policy.is_editor(sent.share_mode))
    except Busy:
        invitations.withdraw(invitation)
        raise
    return _row(user, invitation, found.channel, found.people.get(invited_id))


def listed(user: Identity, query: InvitationList) -> list[InvitationOut]:
    """Invitations, the newest first: to a channel for its editors, of a user for that user; without either filter
    the caller's own.

    Raises NotFound or Forbidden for the channel. Of what others are invited to one sees nothing.
    """
    wanted = {name: getattr(query, name) for name in DECISIONS}
    found = [
        one
        for one in _found(user, query)
        if all(value in (None, bool(getattr(one, name))) for name, value in wanted.items())
    ]
    return _rows(user, sorted(found, key=lambda one: one.created, reverse=True))


def _found(user: Identity, query: InvitationList) -> list[Invitation]:
    invited = parse_id(query.invited) if query.invited else None
    if query.invited and invited is None:
        return []
    if query.channel and not policy.owns(user, invited):
        to = standing(user, query.channel)
        to.require_editor()
        return [one for one in invitations.of_channel(to.channel.id) if invited in (None, one.user_id)]
    invited = invited or user.user_id
    if not policy.may_manage(user, invited):
        return []
    channel_ids = [parse_id(query.channel)] if query.channel else None
    return [one for one in invitations.of_user(invited) if channel_ids is None or one.channel_id in channel_ids]


def one(user: Identity, invitation_id: str) -> InvitationOut:
    """An invitation, for the invited, the sender and the editors of its channel.

    Raises NotFound for everybody else.
    """
    return _rows(user, [_visible(user, invitation_id)[0]])[0]


def update(user: Identity, invitation_id: str, sent: InvitationChanges | InvitationIn) -> InvitationOut:
    """Decide an invitation, or change what it says.

    Raises NotFound, Forbidden, ValidationFailed for what cannot be changed or more than one decision, Conflict where
    it is decided already.
    """
    invitation, role = _visible(user, invitation_id)
    given = {name: getattr(sent, name) for name in sent.model_fields_set}
    decisions = [name for name in DECISIONS if given.get(name)]
    if len(decisions) > 1:
        raise ValidationFailed({name: ["Decide for one of them."] for name in decisions})
    free = {name: given[name] for name in _FREE if name in given}
    _check_fixed(invitation, given)
    may_change, may_revoke = policy.may_edit(role), policy.may_revoke_invitation(role, _is_sender(user, invitation))
    if (free and not may_change) or ("revoked" in decisions and not may_revoke):
        raise Forbidden("Only editors of the channel change an invitation; its sender may revoke it.")
    _require_undecided(invitation)
    if "accepted" in decisions or "declined" in decisions:
        if free:
            raise ValidationFailed({name: ["This cannot be changed while deciding."] for name in free})
        (accept if "accepted" in decisions else decline)(user, invitation_id)
    elif (free or decisions) and not invitations.change(invitation, **free, **dict.fromkeys(decisions, True)):
        raise _decided()
    return one(user, invitation_id)


def accept(user: Identity, invitation_id: str) -> None:
    """Take an invitation: the caller becomes a member of the channel. Nobody loses a right by it.

    Raises NotFound, Forbidden where the caller is not invited, Conflict where it is decided already, or the channel
    is deleted.
    """
    invitation = _own(user, invitation_id)
    found = read_many({Channel: [invitation.channel_id], ChannelMember: [(user.user_id, invitation.channel_id)]})
    if not found[Channel] or found[Channel][0].deleted:
        raise Conflict("The channel was deleted. Ask who invited you.")
    old = next((member.role for member in found[ChannelMember]), None)
    new = policy.membership_after(old, invitation.share_mode)
    if not invitations.accept(invitation, user.user_id, old, new):
        raise _decided()


def decline(user: Identity, invitation_id: str) -> None:
    """Refuse an invitation.

    Raises NotFound, Forbidden where the caller is not invited, Conflict where it is decided already.
    """
    invitation = _own(user, invitation_id)
    if not invitations.change(invitation, declined=True):
        raise _decided()


def _own(user: Identity, invitation_id: str) -> Invitation:
    invitation, _ = _visible(user, invitation_id)
    if not _is_invited(user, invitation):
        raise Forbidden("Only those who are invited accept or decline. You may revoke the invitation.")
    _require_undecided(invitation)
    return invitation


def _visible(user: Identity, invitation_id: str) -> tuple[Invitation, Role | None]:
    """The invitation, and what the caller is to its channel; only members count, whether it is public or not."""
    plain = parse_id(invitation_id)
    invitation = invitations.get(plain) if plain else None
    if invitation is not None:
        role = channel_rights.role_of_member(user, invitation.channel_id)
        if policy.may_view_invitation(role, _is_invited(user, invitation), _is_sender(user, invitation)):
            return invitation, role
    raise NotFound(f"Invitation not found: {invitation_id[:60]!r}")


def _is_invited(user: Identity, invitation: Invitation) -> bool:
    return policy.is_invited(user, invitation.user_id, invitation.email)


def _is_sender(user: Identity, invitation: Invitation) -> bool:
    return policy.owns(user, invitation.sender_id)


def _check_fixed(invitation: Invitation, given: dict[str, Any]) -> None:
    same = {"email": plain_address(given.get("email", "")) or "", "channel": given.get("channel")}
    stored = {"email": invitation.email, "channel": invitation.channel_id}
    wrong = [name for name in _FIXED if name in given and same[name] != stored[name]]
    if wrong:
        raise ValidationFailed({name: ["This cannot be changed. Revoke it and invite anew."] for name in wrong})


def _require_undecided(invitation: Invitation) -> None:
    if invitations.is_decided(invitation):
        raise _decided()


def _decided() -> Conflict:
    return Conflict("This invitation was accepted, declined, revoked or changed already. Look at it again.")


def _rows(user: Identity, found: Iterable[Invitation]) -> list[InvitationOut]:
    rows = list(found)
    read = read_many({Channel: [row.channel_id for row in rows], User: [row.user_id for row in rows]})
    known = {channel.id: channel for channel in read[Channel]}
    people = {person.id: person for person in read[User]}
    return [_row(user, row, known.get(row.channel_id), people.get(row.user_id)) for row in rows]


def _row(user: Identity, invitation: Invitation, channel: Channel | None, person: User | None) -> InvitationOut:
    """An invitation; of the account with its address it tells only once accepted, the invited, or administrators."""
    is_shown = policy.may_view_invited_account(user, _is_invited(user, invitation), bool(invitation.accepted))
    invited = person if is_shown else None
    return {
        "id": invitation.id,
        "invited": invited.id if invited else None,
        "email": invitation.email,
        "accepted": bool(invitation.accepted),
        "declined": bool(invitation.declined),
        "revoked": bool(invitation.revoked),
        "first_name": (invited and invited.first_name) or invitation.first_name,
        "last_name": (invited and invited.last_name) or invitation.last_name,
        "sender_name": invitation.sender_name,
        "channel": invitation.channel_id,
        "channel_name": channel.name if channel else "",
        "share_mode": cast(ShareMode, invitation.share_mode),
    }
