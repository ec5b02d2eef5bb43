"""The session cookie and the CSRF cookie, with the names that Studio uses."""

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token
from chalicelib.models.sessions import SECONDS

SESSION = "kolibri_studio_sessionid"  # HttpOnly
CSRF = "csrftoken"  # read by pages, which send it as X-CSRFToken


def parsed(header: str) -> dict[str, str]:
    """The cookies of a request by name. If a name repeats, the first: browsers send the more specific cookie first."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def for_session(session_id: str) -> tuple[str, ...]:
    """Set-Cookie values that start a session."""
    return (_cookie(SESSION, session_id, SECONDS, "; HttpOnly"), for_csrf(csrf_token(session_id)))


def for_csrf(token: str) -> str:
    """The Set-Cookie value for a CSRF token."""
    return _cookie(CSRF, token, SECONDS)


def expired() -> tuple[str, ...]:
    """Set-Cookie values that remove both cookies."""
    return (_cookie(SESSION, "", 0, "; HttpOnly"), _cookie(CSRF, "", 0))


def _cookie(name: str, value: str, seconds: int, more: str = "") -> str:
    secure = "; Secure" if settings().public_url.startswith("https:") else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{more}{secure}"
