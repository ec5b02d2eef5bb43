"""The session cookie and the CSRF cookie, with the names that Studio uses, and the cookie of a known device.

Over https, all but the CSRF cookie have the prefix `__Host-`: browsers accept them from this host alone, so no other
host of the domain can plant a session.
"""

from collections.abc import Mapping

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token
from chalicelib.models.sessions import MAX_AGE

SESSION = "kolibri_studio_sessionid"  # HttpOnly
DEVICE = "kolibri_studio_device"  # HttpOnly
CSRF = "csrftoken"  # read by pages, which send it as X-CSRFToken
DEVICE_SECONDS = 365 * 24 * 3600


def parsed(header: str) -> dict[str, str]:
    """The cookies of a request by name. If a name repeats, the first: browsers send the more specific cookie first."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def session_name() -> str:
    """The name of the session cookie."""
    return f"__Host-{SESSION}" if _is_secure() else SESSION


def device_name() -> str:
    """The name of the cookie of a known device."""
    return f"__Host-{DEVICE}" if _is_secure() else DEVICE


def for_device(value: str) -> str:
    """The Set-Cookie value by which a device is recognised at its next sign-in."""
    return _cookie(device_name(), value, DEVICE_SECONDS, "; HttpOnly")


def for_session(session_id: str) -> tuple[str, ...]:
    """Set-Cookie values that start a session."""
    return (_cookie(session_name(), session_id, MAX_AGE, "; HttpOnly"), for_csrf(csrf_token(session_id)))


def for_sign_in(session_id: str, device: str) -> tuple[str, ...]:
    """Set-Cookie values that start a session and let the device be recognised."""
    return (*for_session(session_id), for_device(device))


def device_of(headers: Mapping[str, str]) -> str:
    """The cookie of a known device, empty if the request has none; header names are in lower case."""
    return parsed(headers.get("cookie", "")).get(device_name(), "")


def for_csrf(token: str) -> str:
    """The Set-Cookie value for a CSRF token."""
    return _cookie(CSRF, token, MAX_AGE)


def expired() -> tuple[str, ...]:
    """Set-Cookie values that remove both cookies."""
    return (_cookie(session_name(), "", 0, "; HttpOnly"), _cookie(CSRF, "", 0))


def _cookie(name: str, value: str, seconds: int, more: str = "") -> str:
    secure = "; Secure" if _is_secure() else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{more}{secure}"


def _is_secure() -> bool:
    return settings().public_url.startswith("https:")
