"""Sets of channels that can be found by one token.

| access pattern | key condition | used by |
| --- | --- | --- |
| a set by id | `id` | channel lookup by a set's token, `/api/channelset/{id}` |
| the sets of a user | index `user-index`: `user_id` | `GET /api/channelset` |

`rev` counts changes, so that concurrent changes of a set do not overwrite each other.
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.models.base import Table, find, read_many, save_if, transact, unchanged
from chalicelib.models.secret_tokens import SecretToken


class UserIndex(GlobalSecondaryIndex["ChannelSet"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "user-index"
        projection = AllProjection()

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class ChannelSet(Table):
    class Meta:
        table_name = "channel_sets"

    id = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(null=True)  # the owner
    name = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    channel_ids = JSONAttribute(default=list)
    secret_token = UnicodeAttribute(null=True)
    rev = NumberAttribute(default=1)
    user_index = UserIndex()


def get(set_id: str) -> ChannelSet | None:
    """A set by id."""
    return find(ChannelSet, set_id)


def get_many(set_ids: list[str]) -> list[ChannelSet]:
    """The sets with these ids that exist."""
    return list(read_many({ChannelSet: set_ids})[ChannelSet])


def of_user(user_id: str) -> list[ChannelSet]:
    """The sets of a user, from an index that may lag by a second."""
    return list(ChannelSet.user_index.query(user_id))


def replace(channel_set: ChannelSet) -> bool:
    """Write a changed set. Returns False if it was changed since it was read."""
    as_read = ChannelSet.id.exists() & unchanged(ChannelSet.rev, channel_set.rev)
    channel_set.rev += 1
    return save_if(channel_set, as_read)


def remove(channel_set: ChannelSet) -> None:
    """Delete a set and its token in one transaction."""

    def fill(transaction: TransactWrite) -> None:
        transaction.delete(ChannelSet(channel_set.id))
        if channel_set.secret_token:
            transaction.delete(SecretToken(channel_set.secret_token))

    transact(fill)
