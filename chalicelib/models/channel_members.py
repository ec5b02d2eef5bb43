"""Who may edit or view which channel.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's right in a channel | `user_id`, `channel_id` | every request that touches a channel |
| the members of a channel | index `channel-index`: `channel_id` | sharing |
"""

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.models.base import Table

EDIT = "edit"
VIEW = "view"


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
    channel_index = ChannelIndex()
