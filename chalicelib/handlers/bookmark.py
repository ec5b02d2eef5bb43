"""Bookmarks of channels, addressed by the channel (specification: Resource Shapes, bookmark)."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.operations.access import channel_rights
from chalicelib.operations.users import bookmarks
from chalicelib.schemas.channel import BookmarkIn
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.channel import Bookmark

ROUTES = routes_of(
    Resource(
        name="bookmark",
        title="a bookmark",
        listing=Listing(query=ListQuery, find=bookmarks.find),
        create=bookmarks.create,
        delete=bookmarks.delete,
        write=BookmarkIn,
        read=Bookmark,
        within=("channel", channel_rights.viewable),
    )
)
