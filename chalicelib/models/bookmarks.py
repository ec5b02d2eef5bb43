"""Users' bookmarks of channels.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's bookmarks | `user_id` | `GET /api/bookmark`, `bookmark=` of the channel list |
| a bookmark | `user_id`, `channel_id` | removing it |
"""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.models.base import Table, delete_if_there


class Bookmark(Table):
    class Meta:
        table_name = "bookmarks"

    user_id = UnicodeAttribute(hash_key=True)
    channel_id = UnicodeAttribute(range_key=True)


def of_user(user_id: str) -> list[str]:
    """The ids of the channels that a user has bookmarked."""
    return [bookmark.channel_id for bookmark in Bookmark.query(user_id, consistent_read=True)]


def add(user_id: str, channel_id: str) -> None:
    """Bookmark a channel. Repeated calls have no further effect."""
    Bookmark(user_id, channel_id).save()


def remove(user_id: str, channel_id: str) -> bool:
    """Remove a bookmark. Returns whether it existed."""
    return delete_if_there(Bookmark(user_id, channel_id))
