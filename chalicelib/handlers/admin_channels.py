"""Channels for administrators."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access
from chalicelib.operations.channels import moderation
from chalicelib.schemas.admin import AdminChannelChanges, AdminChannelList
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.people import AdminChannel

FILTERS = frozenset(AdminChannelList.model_fields) - frozenset(ListQuery.model_fields)

ADMIN_CHANNELS = Resource(
    "admin-channels",
    "a channel as an administrator",
    listing=Listing(
        AdminChannelList,
        moderation.listed,
        one_of=FILTERS,
        search=("name",),
        ordering=("id", "name"),
        fill=moderation.fill,
    ),
    retrieve=moderation.one,
    update=moderation.update,
    write=AdminChannelChanges,
    change=AdminChannelChanges,
    access=Access.ADMIN,
    read=AdminChannel,
    plural="channels as an administrator",
)
ROUTES = routes_of(ADMIN_CHANNELS)
