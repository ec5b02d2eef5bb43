"""Channel sets: several channels with one access token."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.operations.channels import channel_sets
from chalicelib.schemas.channelset import ChannelSetChanges, ChannelSetIn
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.people import ChannelSet

CHANNEL_SETS = Resource(
    "channelset",
    "a channel set",
    listing=Listing(
        ListQuery, channel_sets.listed, search=("name", "description"), ordering=("name",), fill=channel_sets.fill
    ),
    retrieve=channel_sets.one,
    create=channel_sets.create,
    update=channel_sets.update,
    delete=channel_sets.delete,
    write=ChannelSetIn,
    change=ChannelSetChanges,
    read=ChannelSet,
)
ROUTES = routes_of(CHANNEL_SETS)
