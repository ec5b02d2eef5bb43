"""Published versions of a channel (specification: Resource Shapes, channelversion)."""

from chalicelib.errors import FilterRequired
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.channels import channel_versions
from chalicelib.schemas.channel import VersionQuery
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.responses.channel import ChannelVersion
from chalicelib.schemas.responses.common import Results


def versions(request: Request) -> Results[ChannelVersion]:
    """One page of the versions of a channel, newest first."""
    query = parse_query(VersionQuery, request.query)
    if not query.channel:
        raise FilterRequired("No valid filter parameters supplied. Send channel.")
    return channel_versions.page(request.user, query)


ROUTES = (
    Route(
        "GET",
        "/api/channelversion",
        versions,
        Access.SIGNED_IN,
        "List the versions of a channel",
        query=VersionQuery,
        answer=Results[ChannelVersion],
    ),
)
