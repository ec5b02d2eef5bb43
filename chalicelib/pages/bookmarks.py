"""Bookmarks of channels."""

from chalicelib.http.router import Reply, Request
from chalicelib.http.site import redirect
from chalicelib.operations.users import bookmarks
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import BookmarkIn
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import parse_query


def has(request: Request, channel_id: str) -> bool:
    """Whether the user has bookmarked a channel."""
    return any(row["channel"] == channel_id for row in bookmarks.find(request.user, parse_query(ListQuery, {})))


def change(request: Request) -> Reply:
    """Bookmark a channel or, with `remove`, no longer."""
    channel_id = request.params["id"]
    if request.form.get("remove"):
        bookmarks.delete(request.user, channel_id)
        return redirect(f"/channels/{channel_id}/", "bookmark-removed")
    bookmarks.create(request.user, parse(BookmarkIn, {"channel": channel_id}))
    return redirect(f"/channels/{channel_id}/", "bookmarked")
