"""Every published version of a channel.

| access pattern | key condition | used by |
| --- | --- | --- |
| one version of a channel | `channel_id`, `version` | channel lookup by a version's token, `version_detail` |
| the newest versions of a channel | `channel_id`, `version` below another | `GET /api/channelversion` |
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
    included_licenses = JSONAttribute(default=list)  # le_utils ids
    included_categories = JSONAttribute(default=list)
    version_notes = UnicodeAttribute(default="")
    date_published = UTCDateTimeAttribute()


def get_many(versions: list[tuple[str, int]]) -> list[ChannelVersion]:
    """The published versions among these (channel id, version)."""
    return list(read_many({ChannelVersion: versions})[ChannelVersion])


def newest(channel_id: str, limit: int, below: int | None = None) -> list[ChannelVersion]:
    """Up to `limit` versions of a channel, newest first; with `below`, only lower ones."""
    lower = ChannelVersion.version < below if below else None
    found = ChannelVersion.query(channel_id, lower, limit=limit, scan_index_forward=False, consistent_read=True)
    return list(found)
