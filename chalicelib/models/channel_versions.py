"""Every published version of a channel.

| access pattern | key condition | used by |
| --- | --- | --- |
| one version of a channel | `channel_id`, `version` | channel lookup by a version's token |
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, read_many


class ChannelVersion(Table):
    class Meta:
        table_name = "channel_versions"

    channel_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(range_key=True)
    id = UnicodeAttribute()
    size = NumberAttribute()  # bytes
    resource_count = NumberAttribute()
    kind_count = JSONAttribute()
    included_languages = JSONAttribute()
    version_notes = UnicodeAttribute(default="")
    date_published = UTCDateTimeAttribute()


def get_many(versions: list[tuple[str, int]]) -> list[ChannelVersion]:
    """Those of the (channel id, version) that were published."""
    return list(read_many({ChannelVersion: versions})[ChannelVersion])
