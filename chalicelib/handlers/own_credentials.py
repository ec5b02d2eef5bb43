"""The caller's API tokens."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.operations.accounts import api_tokens
from chalicelib.schemas.api_token import TokenIn
from chalicelib.schemas.base import parse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.credentials import ApiToken, NewApiToken

TOKENS = Resource(
    "user/me/tokens",
    "one of your API tokens",
    listing=Listing(ListQuery, api_tokens.listed),
    delete=api_tokens.revoke,
    read=ApiToken,
    plural="your API tokens",
)


def create_token(request: Request) -> Reply:
    return Reply(api_tokens.create(request.user, parse(TokenIn, request.json)), 201, NO_STORE)


ROUTES = (
    *routes_of(TOKENS),
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
