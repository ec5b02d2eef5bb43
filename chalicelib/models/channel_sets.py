"""Collections of channels that one token opens.

| access pattern | key condition | used by |
| --- | --- | --- |
| a set by id | `id` | channel lookup by a set's token |
"""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.models.base import Table, read_many


class ChannelSet(Table):
    class Meta:
        table_name = "channel_sets"

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    channel_ids = JSONAttribute(default=list)
    secret_token = UnicodeAttribute(null=True)


def get_many(set_ids: list[str]) -> list[ChannelSet]:
    """Those of the sets that exist."""
    return list(read_many({ChannelSet: set_ids})[ChannelSet])
