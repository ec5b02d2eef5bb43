"""Channels (resource shapes: channel)."""

from collections.abc import Callable
from typing import Any

from chalicelib.auth import Identity
from chalicelib.operations import channel_list, channel_resource
from chalicelib.permissions import Access
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.rest import Request, Route
from chalicelib.schemas.channel import ChannelChange, ChannelIn, ChannelQuery
from chalicelib.schemas.listing import ListQuery

FILTERS = frozenset(ChannelQuery.model_fields) - frozenset(ListQuery.model_fields) - {"exclude"}

CHANNEL = Resource(
    name="channel",
    title="channel",
    listing=Listing(
        query=ChannelQuery,
        find=channel_list.find,
        fill=channel_list.fill,
        one_of=FILTERS,
        search=("name", "description"),
        ordering=channel_list.ORDERING,
    ),
    retrieve=channel_resource.retrieve,
    create=channel_resource.create,
    update=channel_resource.update,
    delete=channel_resource.delete,
    write=ChannelIn,
    change=ChannelChange,
)


def _of_one(do: Callable[[Identity, str], Any], name: str = "") -> Callable[[Request], Any]:
    """A view of what is done with one channel; with `name`, its answer is an object of one field."""

    def view(request: Request) -> Any:
        answer = do(request.user, request.params["id"])
        return {name: answer} if name else answer

    return view


ONE = "/api/channel/{id}"

ROUTES = (
    *routes_of(CHANNEL),
    Route("POST", f"{ONE}/restore", _of_one(channel_resource.restore), Access.SIGNED_IN, "Take back a deleted channel"),
    Route(
        "GET",
        f"{ONE}/languages",
        _of_one(channel_resource.languages, "languages"),
        Access.SIGNED_IN,
        "Languages in a channel",
    ),
    Route(
        "GET",
        f"{ONE}/language_exists",
        _of_one(channel_resource.language_exists, "exists"),
        Access.SIGNED_IN,
        "Whether anything is in the channel's language",
    ),
    Route(
        "GET",
        f"{ONE}/version_detail",
        _of_one(channel_resource.version_detail),
        Access.SIGNED_IN,
        "What is published of a channel",
    ),
)
