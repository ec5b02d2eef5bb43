"""Every published version of a channel.

| access pattern | key condition | used by |
| --- | --- | --- |
| versions of a channel, newest first | `channel_id` | version list |
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table


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
