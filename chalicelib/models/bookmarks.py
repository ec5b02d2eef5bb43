"""Users' bookmarks of channels.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's bookmarks | `user_id` | `GET /api/bookmark`, `bookmark=` of the channel list |
| a bookmark | `user_id`, `channel_id` | removing it |
| the bookmarks of a channel | index `channel-index`: `channel_id` | deleting a channel for good |
"""

from collections.abc import Iterator

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.models.base import Table, delete_if_there


class ChannelIndex(GlobalSecondaryIndex["Bookmark"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "channel-index"
        projection = KeysOnlyProjection()

    channel_id = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)


class Bookmark(Table):
    class Meta:
        table_name = "bookmarks"

    user_id = UnicodeAttribute(hash_key=True)
    channel_id = UnicodeAttribute(range_key=True)
    channel_index = ChannelIndex()


def of_channel(channel_id: str) -> Iterator[str]:
    """The ids of the users who have bookmarked a channel, read page by page from an index that may lag by a second."""
    return (bookmark.user_id for bookmark in Bookmark.channel_index.query(channel_id))


def of_user(user_id: str) -> list[str]:
    """The ids of the channels that a user has bookmarked."""
    return [bookmark.channel_id for bookmark in Bookmark.query(user_id, consistent_read=True)]


def add(user_id: str, channel_id: str) -> None:
    """Bookmark a channel. Repeated calls have no further effect."""
    Bookmark(user_id, channel_id).save()


def remove(user_id: str, channel_id: str) -> bool:
    """Remove a bookmark. Returns whether it existed."""
    return delete_if_there(Bookmark(user_id, channel_id))
