"""Authentication: by `Authorization: Token <40 hex digits>`, else by the session cookie."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.config import settings
from chalicelib.domain.tokens import digest, is_api_token, is_session_id
from chalicelib.errors import Forbidden, NotSignedIn
from chalicelib.identity import cookies, csrf
from chalicelib.models import sessions, tokens
from chalicelib.models.sessions import Session
from chalicelib.models.tokens import Token

UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
CHANGE_FIRST = (
    "You signed in with a one-time password. Choose your own password first: on the page /accounts/password/change/, "
    "or with POST /api/user/me/password/ with old_password and new_password."
)


@dataclass(frozen=True)
class Identity:
    """The signed-in user of a request."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    is_admin: bool
    session: str = ""  # the key of the token or session: one per device, safe to show to others
    password_once: bool = False  # signed in with a one-time password, which must be changed first
    address: str = ""  # the client's, on routes without authentication
    by_token: bool = False  # authenticated by an API token, not by a session


def caller_of(method: str, headers: Mapping[str, str], password_once: bool = False) -> Identity:
    """The user of a request; header names are in lower case. One read.

    `password_once` also accepts users who still have to change their one-time password.
    Raises NotSignedIn as `identify` does, Forbidden for a one-time password, and for a write with a session cookie that
    lacks the CSRF token.
    """
    session_id = session_id_of(headers)
    if not session_id:
        return identify(headers.get("authorization"))
    user = identity(session_of(session_id))
    if method in UNSAFE_METHODS:
        csrf.check(headers, session_id)
    if user.password_once and not password_once:
        raise Forbidden(CHANGE_FIRST)
    return user


def session_id_of(headers: Mapping[str, str]) -> str:
    """The session ID in the cookie of a request, empty if there is none or the request sends a token."""
    if _has_token(headers.get("authorization")):
        return ""
    return cookies.parsed(headers.get("cookie", "")).get(cookies.session_name(), "")


def session_of(session_id: str) -> Session:
    """The session with this ID. One read, and once a day a write: using a session keeps it from ending.

    Raises NotSignedIn if it is malformed, unknown or expired, or its user is not active.
    """
    session = sessions.get(digest(session_id)) if is_session_id(session_id) else None
    if session is None or not session.is_active:
        raise NotSignedIn("Your session has ended. Sign in again.")
    sessions.keep(session)
    return session


ANONYMOUS = Identity("", "", "", "", is_admin=False)  # the caller of a route without authentication


def identify(authorization: str | None) -> Identity:
    """The user of an Authorization header. One read, and once a day a write: the use of the token is recorded.

    Raises NotSignedIn for a missing header, another scheme, a malformed, unknown or expired token, a user who is not
    active.
    """
    token = tokens.get(digest(_token_of(authorization)))
    if token is None or not token.is_active:
        raise NotSignedIn("Invalid token.")
    if tokens.has_expired(token):
        raise NotSignedIn(
            f"This API token has expired. Create another one at {settings().public_url}/settings/tokens/."
        )
    tokens.record_use(token)
    return identity(token)


def identity(credential: Token | Session) -> Identity:
    """The user of a token or a session."""
    once = isinstance(credential, Session) and bool(credential.password_once)
    names = (credential.first_name, credential.last_name)
    return Identity(
        credential.user_id,
        credential.email,
        *names,
        is_admin=bool(credential.is_admin),
        session=credential.key,
        password_once=once,
        by_token=isinstance(credential, Token),
    )


def _has_token(authorization: str | None) -> bool:
    return (authorization or "").lower().split()[:1] == ["token"]


def _advice(authorization: str | None) -> list[str]:
    """What to send instead of a header of another scheme, such as Bearer, or without one."""
    scheme = (authorization or "").strip().partition(" ")[0]
    is_named = scheme.isascii() and scheme.isalpha() and len(scheme) <= 20  # else it may be a secret
    problem = f"The scheme {scheme} is not supported." if is_named else "The header names no scheme."
    return [f"{problem} Send the API token as Authorization: Token <40 hex digits>."] if scheme else []


def _token_of(authorization: str | None) -> str:
    _, *rest = (authorization or "").split() or [""]
    if not _has_token(authorization):
        raise NotSignedIn(" ".join(["Authentication credentials were not provided.", *_advice(authorization)]))
    if not rest:
        raise NotSignedIn("Invalid token header. No credentials provided.")
    if len(rest) > 1:
        raise NotSignedIn("Invalid token header. Token string should not contain spaces.")
    if not is_api_token(rest[0]):
        raise NotSignedIn("Invalid token.")
    return rest[0]
