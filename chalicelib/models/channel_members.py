"""Members of channels: their editors and viewers.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's role in a channel | `user_id`, `channel_id` | every request for a channel |
| the channels of a user | `user_id` | `GET /api/user`, the channel list |
| the members of a channel | index `channel-index`: `channel_id` | sharing |

Channels store the numbers of their editors and viewers, and users the number of their channels, for the administrators'
lists only. `add_first_editor` and `change` maintain them, so no other code may write a membership.
"""

from typing import Any, Final, Literal

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.models.base import Table, find, now, query_raw, transact
from chalicelib.models.channels import Channel
from chalicelib.models.lazy import to_read
from chalicelib.models.users import User, lasting_user

Role = Literal["edit", "view"]  # as it is stored and sent; also the `share_mode` of an invitation
EDIT: Final = "edit"
VIEW: Final = "view"


class ChannelIndex(GlobalSecondaryIndex["ChannelMember"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "channel-index"
        projection = AllProjection()

    channel_id = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)


class ChannelMember(Table):
    class Meta:
        table_name = "channel_members"

    user_id = UnicodeAttribute(hash_key=True)
    channel_id = UnicodeAttribute(range_key=True)
    role = UnicodeAttribute()  # EDIT or VIEW
    since = UTCDateTimeAttribute(null=True)  # when an editor became one
    channel_index = ChannelIndex()


_COUNTED = {EDIT: (Channel.editors_count, User.edit_count), VIEW: (Channel.viewers_count, User.view_count)}


def get(user_id: str, channel_id: str) -> ChannelMember | None:
    """A user's membership in a channel."""
    return find(ChannelMember, user_id, channel_id)


def of_user(user_id: str) -> list[ChannelMember]:
    """All memberships of a user, as read-only items."""
    return to_read(ChannelMember, list(query_raw(ChannelMember, user_id)))


def of_channel(channel_id: str) -> list[ChannelMember]:
    """The members of a channel, from an index that may lag by a second."""
    return list(ChannelMember.channel_index.query(channel_id))


def add_first_editor(transaction: TransactWrite, channel: Channel, user_id: str, is_chef: bool = False) -> None:
    """Make the user the editor of a new channel, which the same transaction must save with `editors_count` 1.

    The transaction fails if the user is being deleted. `is_chef`: the channel is created by ricecooker.
    """
    transaction.save(ChannelMember(user_id, channel.id, role=EDIT, since=now()))
    chef = [User.is_chef.set(True)] if is_chef else []
    transaction.update(User(user_id), [User.edit_count.add(1), *chef], condition=lasting_user())


def change(transaction: TransactWrite, user_id: str, channel_id: str, old: str | None, new: str | None) -> None:
    """Change a user's role in a channel from `old` to `new`; None means no role.

    The transaction fails if the user has another role or is being deleted and gets one, or the channel does not exist.
    """
    member = ChannelMember(user_id, channel_id)
    as_read = ChannelMember.role == old if old else ChannelMember.user_id.does_not_exist()
    if new:
        since = [ChannelMember.since.set(now())] if new == EDIT else []
        transaction.update(member, [ChannelMember.role.set(new), *since], condition=as_read)
    else:
        transaction.delete(member, condition=as_read)
    pairs = [(_COUNTED[role], by) for role, by in ((old, -1), (new, 1)) if role]
    of_channel: list[Any] = [channel_count.add(by) for (channel_count, _), by in pairs]
    transaction.update(Channel(channel_id), of_channel, condition=Channel.id.exists())
    of_user: list[Any] = [user_count.add(by) for (_, user_count), by in pairs]
    transaction.update(User(user_id), of_user, condition=lasting_user() if new else None)


def give(user_id: str, channel_id: str, old: str | None, new: str) -> bool:
    """Change a user's role in a channel from `old` to `new`. Returns False if the user has another role."""
    return not transact(lambda transaction: change(transaction, user_id, channel_id, old, new))


def remove_of_gone(member: ChannelMember) -> None:
    """Delete the membership of a channel that is deleted for good, and count it no more. Idempotent."""
    _, user_count = _COUNTED[member.role]

    def fill(transaction: TransactWrite) -> None:
        is_there = ChannelMember.user_id.exists()  # roles in it do not change any more
        transaction.delete(ChannelMember(member.user_id, member.channel_id), condition=is_there)
        transaction.update(User(member.user_id), [user_count.add(-1)], condition=User.id.exists())

    if transact(fill):  # the user is gone, or the membership is
        ChannelMember(member.user_id, member.channel_id).delete()


def require_editor(transaction: TransactWrite, user_id: str, channel_id: str) -> None:
    """Make the transaction fail if the user is not an editor of the channel."""
    transaction.condition_check(ChannelMember, user_id, channel_id, condition=ChannelMember.role == EDIT)
