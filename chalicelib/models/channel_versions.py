"""Every published version of a channel.

| access pattern | key condition | used by |
| --- | --- | --- |
| one version of a channel | `channel_id`, `version` | channel lookup by a version's token, `version_detail` |
| versions from one to another | `channel_id`, `version` between them | ends of their databases |
| the newest versions of a channel | `channel_id`, `version` below another | `GET /api/channelversion` |
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, now, read_many, update_if


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
    token = UnicodeAttribute(null=True)  # that names this version, whose database is kept as long as it does
    database_ended = UTCDateTimeAttribute(null=True)  # when its database was deleted


def get_many(versions: list[tuple[str, int]]) -> list[ChannelVersion]:
    """The published versions among these (channel id, version)."""
    return list(read_many({ChannelVersion: versions})[ChannelVersion])


def newest(channel_id: str, limit: int, below: int | None = None) -> list[ChannelVersion]:
    """Up to `limit` versions of a channel, newest first; with `below`, only lower ones."""
    lower = ChannelVersion.version < below if below else None
    found = ChannelVersion.query(channel_id, lower, limit=limit, scan_index_forward=False, consistent_read=True)
    return list(found)


def between(channel_id: str, first: int, last: int) -> list[ChannelVersion]:
    """The versions of a channel from `first` to `last`."""
    place = ChannelVersion.version.between(first, last)
    return list(ChannelVersion.query(channel_id, place, consistent_read=True))


def named_by_tokens(versions: list[ChannelVersion]) -> set[int]:
    """Those of these versions that a token names, whose databases stay."""
    return {int(version.version) for version in versions if version.token}


def ended(channel_id: str) -> set[int]:
    """The versions of a channel whose databases were deleted."""
    gone = ChannelVersion.query(
        channel_id, filter_condition=ChannelVersion.database_ended.exists(), consistent_read=True
    )
    return {int(version.version) for version in gone}


def end_database(version: ChannelVersion) -> bool:
    """Record that the database of a version is deleted now. Returns False if a token names the version."""
    if version.database_ended:
        return True
    is_unnamed = ChannelVersion.channel_id.exists() & ChannelVersion.token.does_not_exist()
    key = ChannelVersion(version.channel_id, int(version.version))
    return update_if(key, [ChannelVersion.database_ended.set(now())], is_unnamed)
