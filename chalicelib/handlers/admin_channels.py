"""Channels, for administrators."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.operations import admin_channels
from chalicelib.permissions import Access
from chalicelib.schemas.admin import AdminChannelChanges, AdminChannelList
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.people import AdminChannel

FILTERS = frozenset(AdminChannelList.model_fields) - frozenset(ListQuery.model_fields)

ADMIN_CHANNELS = Resource(
    "admin-channels",
    "channel for administrators",
    listing=Listing(
        AdminChannelList,
        admin_channels.listed,
        one_of=FILTERS,
        search=("name",),
        ordering=("id", "name"),
        fill=admin_channels.fill,
    ),
    retrieve=admin_channels.one,
    update=admin_channels.update,
    write=AdminChannelChanges,
    change=AdminChannelChanges,
    access=Access.ADMIN,
    read=AdminChannel,
    plural="channels for administrators",
)
ROUTES = routes_of(ADMIN_CHANNELS)
