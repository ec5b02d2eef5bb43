"""Who is asking: `Authorization: Token <40 hex digits>`."""

from dataclasses import dataclass

from chalicelib.domain import tokens as secret
from chalicelib.errors import NotSignedIn
from chalicelib.models import tokens


@dataclass(frozen=True)
class Identity:
    """The signed-in user of a request."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    is_admin: bool
    session: str = ""  # what the caller signed in with, as far as others may know it: one for each device


def identify(authorization: str | None) -> Identity:
    """The user that a request's Authorization header names. One read.

    Raises NotSignedIn: no header, another scheme, a malformed or unknown token, a user who is not active.
    """
    token = tokens.get(secret.digest(_token_of(authorization)))
    if token is None or not token.is_active:
        raise NotSignedIn("Invalid token.")
    return Identity(token.user_id, token.email, token.first_name, token.last_name, token.is_admin, token.key)


def _token_of(authorization: str | None) -> str:
    scheme, *rest = (authorization or "").split() or [""]
    if scheme.lower() != "token":
        raise NotSignedIn("Authentication credentials were not provided.")
    if not rest:
        raise NotSignedIn("Invalid token header. No credentials provided.")
    if len(rest) > 1:
        raise NotSignedIn("Invalid token header. Token string should not contain spaces.")
    if not secret.is_api_token(rest[0]):
        raise NotSignedIn("Invalid token.")
    return rest[0]
