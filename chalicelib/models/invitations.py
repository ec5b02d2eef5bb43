"""Invitations to edit or to view a channel.

| access pattern | key condition | used by |
| --- | --- | --- |
| an invitation by id | `id` | accept, decline, revoke |
| the invitations of a user | index `user-index`: `user_id` | `GET /api/invitation?invited=`, removing a member |
| the invitations to a channel | index `channel-index`: `channel_id` | `GET /api/invitation?channel=` |
| the invitations that a user has sent | index `sender-index`: `sender_id` | exporting and deleting an account |

`user_id` is the invited user's, or derived from the address if it has no user yet; accepting sets it. Once one of
`accepted`, `declined` and `revoked` is true, the invitation is final.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.models import channel_members
from chalicelib.models.base import Table, delete_if, find, setting, transact, update_if


class UserIndex(GlobalSecondaryIndex["Invitation"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "user-index"
        projection = AllProjection()

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class ChannelIndex(GlobalSecondaryIndex["Invitation"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "channel-index"
        projection = AllProjection()

    channel_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class SenderIndex(GlobalSecondaryIndex["Invitation"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "sender-index"
        projection = AllProjection()

    sender_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class Invitation(Table):
    class Meta:
        table_name = "invitations"

    id = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute()  # in lower case
    user_id = UnicodeAttribute()  # of the invited user
    first_name = UnicodeAttribute(default="")  # of the invited user, as entered by the sender
    last_name = UnicodeAttribute(default="")
    channel_id = UnicodeAttribute()
    share_mode = UnicodeAttribute()  # channel_members.EDIT or VIEW
    sender_id = UnicodeAttribute()
    sender_name = UnicodeAttribute()
    created = UTCDateTimeAttribute()
    accepted = BooleanAttribute(default=False)
    declined = BooleanAttribute(default=False)
    revoked = BooleanAttribute(default=False)
    user_index = UserIndex()
    channel_index = ChannelIndex()
    sender_index = SenderIndex()


def get(invitation_id: str) -> Invitation | None:
    """An invitation by id."""
    return find(Invitation, invitation_id)


def of_user(user_ids: Iterable[str]) -> list[Invitation]:
    """All invitations of a user, by the user's id and the id of the user's address, from an index that may lag by a
    second.
    """
    return [one for user_id in sorted(set(user_ids)) for one in Invitation.user_index.query(user_id)]


def received(user_ids: Iterable[str]) -> Iterator[Invitation]:
    """The same as `of_user`, read page by page."""
    return (one for user_id in sorted(set(user_ids)) for one in Invitation.user_index.query(user_id))


def sent(user_id: str) -> Iterator[Invitation]:
    """The invitations that a user has sent, read page by page from an index that may lag by a second."""
    return iter(Invitation.sender_index.query(user_id))


def waiting(user_ids: Iterable[str], channel_id: str) -> list[Invitation]:
    """The pending invitations of a user to a channel, from an index that may lag by a second."""
    return [one for one in of_user(user_ids) if one.channel_id == channel_id and not is_decided(one)]


def of_channel(channel_id: str) -> list[Invitation]:
    """All invitations to a channel, from an index that may lag by a second."""
    return list(Invitation.channel_index.query(channel_id))


def is_decided(invitation: Invitation) -> bool:
    """Whether it was accepted, declined or revoked."""
    return bool(invitation.accepted or invitation.declined or invitation.revoked)


def change(invitation: Invitation, **fields: Any) -> bool:
    """Change a pending invitation. Returns False if it was decided meanwhile."""
    return update_if(Invitation(invitation.id), setting(Invitation, fields), _undecided())


def accept(invitation: Invitation, user_id: str, old: str | None, new: str) -> bool:
    """Accept an invitation and change the user's role from `old` to `new` in one transaction.

    Returns False if the invitation was decided or its mode changed, the user's role changed, or the channel was
    deleted meanwhile.
    """

    def fill(transaction: TransactWrite) -> None:
        as_read = _undecided() & (Invitation.share_mode == invitation.share_mode)
        accepted: list[Any] = [Invitation.accepted.set(True), Invitation.user_id.set(user_id)]
        transaction.update(Invitation(invitation.id), accepted, condition=as_read)
        if old != new:
            channel_members.change(transaction, user_id, invitation.channel_id, old, new)

    return not transact(fill)


def revoke(transaction: TransactWrite, invitation: Invitation) -> None:
    """Revoke an invitation. The transaction fails if it is already decided."""
    transaction.update(Invitation(invitation.id), [Invitation.revoked.set(True)], condition=_undecided())


def remove_member(
    user_id: str, channel_id: str, role: str, staying: str | None, waiting: Iterable[Invitation] = ()
) -> bool:
    """Remove a user's role in a channel and revoke the user's pending invitations in one transaction.

    `staying` must be an editor of the channel. Returns False if a role or an invitation was changed meanwhile.
    """

    def fill(transaction: TransactWrite) -> None:
        if staying:
            channel_members.require_editor(transaction, staying, channel_id)
        channel_members.change(transaction, user_id, channel_id, role, None)
        for invitation in waiting:
            revoke(transaction, invitation)

    return not transact(fill)


def remove(invitation: Invitation) -> None:
    """Delete an invitation, whatever its state. Idempotent."""
    Invitation(invitation.id).delete()


def rename_sender(invitation: Invitation, name: str) -> None:
    """Replace the sender's name, unless the invitation was deleted meanwhile."""
    update_if(Invitation(invitation.id), [Invitation.sender_name.set(name)], Invitation.id.exists())


def withdraw(invitation: Invitation) -> None:
    """Delete an invitation that could not be sent, unless it is already decided."""
    delete_if(invitation, _undecided())


def _undecided() -> Condition:
    accepted, declined, revoked = (column == False for column in _DECISIONS)  # noqa: E712
    undecided: Condition = accepted & declined & revoked
    return undecided


_DECISIONS = (Invitation.accepted, Invitation.declined, Invitation.revoked)
