"""The caller's API tokens and sessions."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.operations.accounts import api_tokens, own_sessions
from chalicelib.schemas.api_token import TokenIn
from chalicelib.schemas.base import parse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.credentials import ApiToken, NewApiToken, OwnSession

TOKENS = Resource(
    "user/me/tokens",
    "one of your API tokens",
    listing=Listing(ListQuery, api_tokens.listed),
    delete=api_tokens.revoke,
    read=ApiToken,
    plural="your API tokens",
)


SESSIONS = Resource(
    "user/me/sessions",
    "one of your sessions",
    listing=Listing(ListQuery, own_sessions.listed, refusals=(403,)),
    delete=own_sessions.end,
    read=OwnSession,
    plural="your sessions",
)


def end_other_sessions(request: Request) -> Reply:
    own_sessions.end_others(request.user)
    return Reply(None, 204)


def create_token(request: Request) -> Reply:
    return Reply(api_tokens.create(request.user, parse(TokenIn, request.json)), 201, NO_STORE)


ROUTES = (
    *routes_of(TOKENS),
    *routes_of(SESSIONS),
    Route(
        "DELETE",
        "/api/user/me/sessions",
        end_other_sessions,
        Access.SIGNED_IN,
        "End your other sessions",
        status=204,
        refusals=(403, 409),
        description="All but the one of this request, which must have one: a token ends no session.",
    ),
    Route(
        "POST",
        "/api/user/me/tokens",
        create_token,
        Access.SIGNED_IN,
        "Create an API token",
        body=TokenIn,
        answer=NewApiToken,
        status=201,
        refusals=(403, 409, 429),
        description="Requires a session: a token cannot create another one. `token` is only in this response. Send it "
        "as `Authorization: Token <token>`, or pass it to ricecooker as `--token`.",
        rights=lambda request: api_tokens.check_session(request.user),
    ),
)
