"""Who is asking: by `Authorization: Token <40 hex digits>`, else by the session that a cookie names."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain import tokens as secret
from chalicelib.errors import Forbidden, NotSignedIn
from chalicelib.identity import cookies, csrf
from chalicelib.models import sessions, tokens
from chalicelib.models.sessions import Session
from chalicelib.models.tokens import Token

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
CHANGE_FIRST = (
    "You signed in with a one-time password. Choose your own password first: on the page /en/accounts/, or with POST "
    "/api/user/me/password/ with old_password and new_password."
)


@dataclass(frozen=True)
class Identity:
    """The signed-in user of a request."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    is_admin: bool
    session: str = ""  # what the caller signed in with, as far as others may know it: one for each device
    password_once: bool = False  # whether that was a one-time password, which is to be changed before anything else


def caller_of(method: str, headers: Mapping[str, str], password_once: bool = False) -> Identity:
    """The user of a request, whose headers have names in lower case. One read.

    `password_once` lets also those in who have yet to change their one-time password. Raises NotSignedIn as `identify`
    does, Forbidden for them, and where a request of a session is to change something and does not show that it comes
    from our own pages.
    """
    session_id = session_id_of(headers)
    if not session_id:
        return identify(headers.get("authorization"))
    user = identity(session_of(session_id))
    if method in CHANGING:
        csrf.check(headers, session_id)
    if user.password_once and not password_once:
        raise Forbidden(CHANGE_FIRST)
    return user


def session_id_of(headers: Mapping[str, str]) -> str:
    """The session that a request names, empty where it names a token, or nothing."""
    if _names_token(headers.get("authorization")):
        return ""
    return cookies.parsed(headers.get("cookie", "")).get(cookies.SESSION, "")


def session_of(session_id: str) -> Session:
    """The session with this id. One read.

    Raises NotSignedIn: malformed, unknown, over, or of a user who is not active.
    """
    session = sessions.get(secret.digest(session_id)) if secret.is_session_id(session_id) else None
    if session is None or not session.is_active:
        raise NotSignedIn("Your session has ended. Sign in again.")
    return session


NOBODY = Identity("", "", "", "", is_admin=False)  # who is asking where anyone may, and did not say


def identify(authorization: str | None) -> Identity:
    """The user that a request's Authorization header names. One read.

    Raises NotSignedIn: no header, another scheme, a malformed or unknown token, a user who is not active.
    """
    token = tokens.get(secret.digest(_token_of(authorization)))
    if token is None or not token.is_active:
        raise NotSignedIn("Invalid token.")
    return identity(token)


def identity(holder: Token | Session) -> Identity:
    """Whose token or session it is."""
    once = isinstance(holder, Session) and bool(holder.password_once)
    names = (holder.first_name, holder.last_name)
    return Identity(holder.user_id, holder.email, *names, bool(holder.is_admin), holder.key, once)


def _names_token(authorization: str | None) -> bool:
    return (authorization or "").lower().split()[:1] == ["token"]


def _token_of(authorization: str | None) -> str:
    _, *rest = (authorization or "").split() or [""]
    if not _names_token(authorization):
        raise NotSignedIn("Authentication credentials were not provided.")
    if not rest:
        raise NotSignedIn("Invalid token header. No credentials provided.")
    if len(rest) > 1:
        raise NotSignedIn("Invalid token header. Token string should not contain spaces.")
    if not secret.is_api_token(rest[0]):
        raise NotSignedIn("Invalid token.")
    return rest[0]
