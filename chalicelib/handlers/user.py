"""Users: oneself."""

from typing import Any

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.users import profile, sessions
from chalicelib.schemas.base import parse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.people import OwnUser, Profile
from chalicelib.schemas.session import PasswordChange

USERS = Resource(
    "user",
    "own user",
    listing=Listing(ListQuery, lambda user, _: [profile.listed(user)]),
    retrieve=profile.one,
    read=OwnUser,
    plural="oneself, as a list",
)


def me(request: Request) -> dict[str, Any]:
    return profile.profile(request.user)


def change_password(request: Request) -> dict[str, Any]:
    sessions.change_password(request.user, parse(PasswordChange, request.json), request.address)
    return profile.profile(request.user)


ROUTES = (
    *routes_of(USERS),
    Route("GET", "/api/user/me", me, Access.SIGNED_IN, "Read one's own profile", answer=Profile),
    Route(
        "POST",
        "/api/user/me/password",
        change_password,
        Access.SIGNED_IN,
        "Change one's own password; one's other sessions end",
        body=PasswordChange,
        answer=Profile,
        refusals=(429,),
        description="Who signed in with a one-time password can do nothing else before.",
        password_once=True,
    ),
)
