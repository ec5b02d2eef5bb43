"""The channels of a user."""

from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page
from chalicelib.operations.channels import channel_list
from chalicelib.schemas.channel import ChannelQuery
from chalicelib.schemas.query import parse_query


def find(request: Request) -> Reply:
    """The channels that the user edits, views or has bookmarked."""
    rows = channel_list.find(request.user, parse_query(ChannelQuery, {}))
    return page(request, "channels/list.html", channels=sorted(rows, key=lambda row: row["name"].casefold()))
