"""Users: oneself."""

from typing import Any

from chalicelib.operations import users
from chalicelib.permissions import Access
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.rest import Request, Route
from chalicelib.schemas.listing import ListQuery

USERS = Resource(
    "user",
    "own user",
    listing=Listing(ListQuery, lambda user, _: [users.listed(user)]),
    retrieve=users.one,
)


def me(request: Request) -> dict[str, Any]:
    return users.profile(request.user)


ROUTES = (*routes_of(USERS), Route("GET", "/api/user/me", me, Access.SIGNED_IN, "Read one's own profile"))
