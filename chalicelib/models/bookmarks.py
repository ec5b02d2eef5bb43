"""Channels that people have marked to find them again.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's bookmarks | `user_id` | `GET /api/bookmark`, `bookmark=` of the channel list |
| a bookmark | `user_id`, `channel_id` | taking it away |
"""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.models.base import Table, delete_if_there


class Bookmark(Table):
    class Meta:
        table_name = "bookmarks"

    user_id = UnicodeAttribute(hash_key=True)
    channel_id = UnicodeAttribute(range_key=True)


def of_user(user_id: str) -> list[str]:
    """Ids of the channels that a user has marked."""
    return [bookmark.channel_id for bookmark in Bookmark.query(user_id, consistent_read=True)]


def add(user_id: str, channel_id: str) -> None:
    """Mark a channel; marking it again changes nothing."""
    Bookmark(user_id, channel_id).save()


def remove(user_id: str, channel_id: str) -> bool:
    """Take a mark away; says whether it was there."""
    return delete_if_there(Bookmark(user_id, channel_id))
