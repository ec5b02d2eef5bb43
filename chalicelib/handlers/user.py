"""The caller's own user."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.accounts import profile, sessions
from chalicelib.schemas.base import parse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.profile import ProfileChanges
from chalicelib.schemas.responses.people import CurrentUser, Profile
from chalicelib.schemas.session import PasswordChange

USERS = Resource(
    "user",
    "your own user",
    listing=Listing(ListQuery, lambda user, _: [profile.listed(user)]),
    retrieve=profile.one,
    read=CurrentUser,
    plural="your own user",
)


def me(request: Request) -> Profile:
    return profile.profile(request.user)


def update(request: Request) -> Profile:
    return profile.update(request.user, parse(ProfileChanges, request.json))


def change_password(request: Request) -> Profile:
    sessions.change_password(request.user, parse(PasswordChange, request.json))
    return profile.profile(request.user)


ROUTES = (
    *routes_of(USERS),
    Route("GET", "/api/user/me", me, Access.SIGNED_IN, "Get your profile", answer=Profile),
    Route(
        "PATCH",
        "/api/user/me",
        update,
        Access.SIGNED_IN,
        "Change your names",
        body=ProfileChanges,
        answer=Profile,
        refusals=(409,),
        resource=(Profile,),
    ),
    Route(
        "POST",
        "/api/user/me/password",
        change_password,
        Access.SIGNED_IN,
        "Change your password and end your other sessions",
        body=PasswordChange,
        answer=Profile,
        refusals=(429,),
        description="Required before any other request after signing in with a one-time password.",
        password_once=True,
    ),
)
