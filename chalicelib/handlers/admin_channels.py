"""Channels, for administrators."""

from chalicelib.operations import administration
from chalicelib.permissions import Access
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.schemas.admin import AdminChannelChanges, AdminChannelList

ADMIN_CHANNELS = Resource(
    "admin-channels",
    "channel for administrators",
    listing=Listing(
        AdminChannelList,
        administration.list_channels,
        one_of=frozenset({"keywords", "public", "deleted", "ids"}),
        search=("name",),
        ordering=("id", "name"),
        fill=administration.fill_channels,
    ),
    retrieve=administration.one_channel,
    update=administration.change_channel,
    write=AdminChannelChanges,
    change=AdminChannelChanges,
    access=Access.ADMIN,
)
ROUTES = routes_of(ADMIN_CHANNELS)
