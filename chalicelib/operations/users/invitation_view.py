"""An invitation as its page shows it, to whoever has its link. The id is the secret: it has 128 random bits.

A user who is not invited learns from the link only the masked address, so as to sign in with the right account.
"""

from typing import NamedTuple

from chalicelib.domain.ids import parse_id
from chalicelib.domain.masking import masked
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import invitations
from chalicelib.models.base import read_many
from chalicelib.models.channels import Channel
from chalicelib.models.invitations import Invitation
from chalicelib.models.users import User
from chalicelib.operations.access import policy


class InvitationView(NamedTuple):
    """`state` is "open", "accepted", "declined", "revoked", "deleted" (the channel is), or "other": it is not for the
    caller, and nothing is known but the masked `address`. `sender` has name and address, as in the mail.
    """

    state: str
    address: str
    channel_id: str = ""
    channel_name: str = ""
    sender: str = ""
    may_edit: bool = False


def view(user: Identity, invitation_id: str) -> InvitationView:
    """Return an invitation. Two reads. Raises NotFound."""
    plain = parse_id(invitation_id)
    invitation = invitations.get(plain) if plain else None
    if invitation is None:
        raise NotFound("There is no such invitation. Open the link of the mail again, or ask who has invited you.")
    if not policy.is_invited(user, invitation.user_id, invitation.email):
        return InvitationView("other", masked(invitation.email))
    read = read_many({Channel: [invitation.channel_id], User: [invitation.sender_id]})
    channel = next(iter(read[Channel]), None)
    is_deleted = channel is None or channel.deleted
    decided = next((name for name in ("accepted", "declined", "revoked") if getattr(invitation, name)), "open")
    return InvitationView(
        "deleted" if is_deleted else decided,
        invitation.email,
        invitation.channel_id,
        channel.name if channel else "",
        _sender(invitation, next((str(person.email) for person in read[User]), "")),
        policy.is_editor(invitation.share_mode),
    )


def _sender(invitation: Invitation, address: str) -> str:
    """The sender's name, which is the address where there is none, and the address unless the account is deleted."""
    name = str(invitation.sender_name)
    return f"{name} ({address})" if address not in ("", name) else name
