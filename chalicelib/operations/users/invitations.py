"""Invitations: sent by editors, accepted or declined by the invited user, revoked by editors or the sender."""

from collections.abc import Iterable
from typing import Any, cast

from chalicelib.aws import mail
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.domain.limits import INVITATIONS, MAILS
from chalicelib.errors import Busy, Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.identity import accounts
from chalicelib.identity.accounts import address_id, plain_address
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.mails import messages
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
    """Invite a user to a channel and send an e-mail. If the e-mail cannot be sent, the invitation is withdrawn.

    Raises ValidationFailed for an invalid address, NotFound or Forbidden for the channel, Conflict if the channel is
    deleted, the user has this right already or a pending invitation, or the ID is taken, LimitReached, Busy if the
    e-mail cannot be sent.
    """
    address = plain_address(sent.email)
    if address is None:
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    existing = accounts.find(address)
    invited_id = existing.id if existing else address_id(address)
    found = standing(user, sent.channel, invited_id)
    found.require_editor()
    if found.channel.deleted:
        raise Conflict(f"Channel {found.channel.id} is deleted. Restore it first.")
    if not policy.gives_a_right(found.memberships.get(invited_id), sent.share_mode):
        raise Conflict(f"{address} is already a member of this channel with this right.")
    if invitations.waiting({invited_id, address_id(address)}, found.channel.id):
        raise Conflict(f"{address} is already invited to this channel. Change or revoke that invitation.")
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
    with counted(INVITATIONS, user.user_id), counted(MAILS, user.user_id, address):
        _send(user, invitation, found.channel)
    return _row(user, invitation, found.channel, found.people.get(invited_id))


def _send(user: Identity, invitation: Invitation, channel: Channel) -> None:
    if not save_new(invitation):
        raise Conflict(f"Invitation {invitation.id} already exists. Send another ID, or none.")
    try:
        may_edit = policy.is_editor(invitation.share_mode)
        name = f"{user.first_name} {user.last_name}".strip()
        mail.send(invitation.email, messages.invitation(invitation.id, user.email, name, channel.name, may_edit))
    except Busy:
        invitations.withdraw(invitation)
        raise


def listed(user: Identity, query: InvitationList) -> list[InvitationOut]:
    """Return invitations, newest first: with `channel`, those of a channel to its editors; else the caller's own. With
    `invited`, whatever its value, they are the caller's own, as on Studio; both narrow them to the channel.

    Raises NotFound or Forbidden for the channel.
    """
    wanted = {name: getattr(query, name) for name in DECISIONS}
    found = [
        one
        for one in _found(user, query)
        if all(value in (None, bool(getattr(one, name))) for name, value in wanted.items())
    ]
    return _rows(user, sorted(found, key=lambda one: one.created, reverse=True))


def _found(user: Identity, query: InvitationList) -> list[Invitation]:
    if query.channel and not query.invited:
        to = standing(user, query.channel)
        to.require_editor()
        return invitations.of_channel(to.channel.id)
    own = invitations.of_user({user.user_id, address_id(user.email)})
    return [one for one in own if not query.channel or one.channel_id == parse_id(query.channel)]


def one(user: Identity, invitation_id: str) -> InvitationOut:
    """Return an invitation to the invited user, the sender or an editor of its channel.

    Raises NotFound for other callers.
    """
    return _rows(user, [_visible(user, invitation_id)[0]])[0]


def update(user: Identity, invitation_id: str, sent: InvitationChanges | InvitationIn) -> InvitationOut:
    """Accept, decline, revoke or change an invitation.

    Raises NotFound, Forbidden, ValidationFailed for a fixed field or more than one decision, Conflict if it is already
    decided.
    """
    invitation, role = _visible(user, invitation_id)
    given = {name: getattr(sent, name) for name in sent.model_fields_set}
    decisions = [name for name in DECISIONS if given.get(name)]
    if len(decisions) > 1:
        raise ValidationFailed({name: ["Send only one of accepted, declined and revoked."] for name in decisions})
    free = {name: given[name] for name in _FREE if name in given}
    _check_fixed(invitation, given)
    may_change, may_revoke = policy.may_edit(role), policy.may_revoke_invitation(role, _is_sender(user, invitation))
    if (free and not may_change) or ("revoked" in decisions and not may_revoke):
        raise Forbidden("Only editors of the channel may change an invitation. Its sender may revoke it.")
    _require_undecided(invitation)
    if "accepted" in decisions or "declined" in decisions:
        if free:
            raise ValidationFailed(
                {name: ["This cannot be changed together with a decision. Omit it."] for name in free}
            )
        (accept if "accepted" in decisions else decline)(user, invitation_id)
    elif (free or decisions) and not invitations.change(invitation, **free, **dict.fromkeys(decisions, True)):
        raise _decided()
    return one(user, invitation_id)


def accept(user: Identity, invitation_id: str) -> None:
    """Accept an invitation: the caller becomes a member of the channel, and an editor stays an editor.

    Raises NotFound, Forbidden if the caller is not invited, Conflict if it is decided or the channel is deleted.
    """
    invitation = _own(user, invitation_id)
    found = read_many({Channel: [invitation.channel_id], ChannelMember: [(user.user_id, invitation.channel_id)]})
    if not found[Channel] or found[Channel][0].deleted:
        raise Conflict("The channel was deleted. Ask the sender of the invitation.")
    old = next((member.role for member in found[ChannelMember]), None)
    new = policy.membership_after(old, invitation.share_mode)
    if not invitations.accept(invitation, user.user_id, old, new):
        raise _decided()


def decline(user: Identity, invitation_id: str) -> None:
    """Decline an invitation.

    Raises NotFound, Forbidden if the caller is not invited, Conflict if it is already decided.
    """
    invitation = _own(user, invitation_id)
    if not invitations.change(invitation, declined=True):
        raise _decided()


def check_invited(user: Identity, invitation_id: str) -> Invitation:
    """Return an invitation of the caller. Raises NotFound, Forbidden if the caller is not invited."""
    invitation, _ = _visible(user, invitation_id)
    if not _is_invited(user, invitation):
        raise Forbidden("Only the invited user may accept or decline. You may revoke the invitation.")
    return invitation


def _own(user: Identity, invitation_id: str) -> Invitation:
    invitation = check_invited(user, invitation_id)
    _require_undecided(invitation)
    return invitation


def _visible(user: Identity, invitation_id: str) -> tuple[Invitation, Role | None]:
    """Return the invitation and the caller's role as a member of its channel, even if the channel is public."""
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
        raise ValidationFailed(
            {name: ["This cannot be changed. Revoke the invitation and send another one."] for name in wrong}
        )


def _require_undecided(invitation: Invitation) -> None:
    if invitations.is_decided(invitation):
        raise _decided()


def _decided() -> Conflict:
    return Conflict("This invitation was already accepted, declined, revoked or changed. Reload it.")


def _rows(user: Identity, found: Iterable[Invitation]) -> list[InvitationOut]:
    rows = list(found)
    invited = [_shown_account(user, row) for row in rows]
    read = read_many({Channel: [row.channel_id for row in rows], User: [person for person in invited if person]})
    known = {channel.id: channel for channel in read[Channel]}
    people = {person.id: person for person in read[User]}
    pairs = zip(rows, invited, strict=True)
    return [_row(user, row, known.get(row.channel_id), people.get(person)) for row, person in pairs]


def _shown_account(user: Identity, invitation: Invitation) -> str:
    """The id of the invited account if it is shown: after acceptance, to that user or to administrators; else ""."""
    is_invited = _is_invited(user, invitation)
    if not policy.may_view_invited_account(user, is_invited, bool(invitation.accepted)):
        return ""
    return user.user_id if is_invited else str(invitation.user_id)


def _row(user: Identity, invitation: Invitation, channel: Channel | None, person: User | None) -> InvitationOut:
    """Return an invitation. It shows the invited account only where `_shown_account` does."""
    invited = person if person and person.id == _shown_account(user, invitation) else None
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
