"""The two cookies of those who sign in with a password, named as Studio names them."""

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token
from chalicelib.models.sessions import SECONDS

SESSION = "kolibri_studio_sessionid"  # nobody but the browser and this API reads it
CSRF = "csrftoken"  # pages read it, and send it as X-CSRFToken


def parsed(header: str) -> dict[str, str]:
    """The cookies of a request by name. Of those with one name the first: browsers send the more special one first."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def of_session(session_id: str) -> tuple[str, ...]:
    """What a browser is told when its session begins."""
    return (_cookie(SESSION, session_id, SECONDS, "; HttpOnly"), for_csrf(csrf_token(session_id)))


def for_csrf(token: str) -> str:
    """What a browser is told that is to send this token."""
    return _cookie(CSRF, token, SECONDS)


def forgotten() -> tuple[str, ...]:
    """What a browser is told when its session ends."""
    return (_cookie(SESSION, "", 0, "; HttpOnly"), _cookie(CSRF, "", 0))


def _cookie(name: str, value: str, seconds: int, more: str = "") -> str:
    secure = "; Secure" if settings().public_url.startswith("https:") else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{more}{secure}"
