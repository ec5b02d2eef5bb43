"""CSRF protection: requests with a session cookie that change something must come from our own pages."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token
from chalicelib.errors import Forbidden


def check(headers: Mapping[str, str], session_id: str, form_token: str = "") -> None:
    """Check that a request carries the session's CSRF token, in X-CSRFToken (names in lower case) or in its form.

    Raises Forbidden, with Studio's message.
    """
    check_origin(headers)
    sent = headers.get("x-csrftoken") or form_token
    if not hmac.compare_digest(sent.encode(errors="replace"), csrf_token(session_id).encode()):
        raise Forbidden("CSRF Failed: CSRF token missing or incorrect.")


def check_origin(headers: Mapping[str, str]) -> None:
    """Check that a request whose headers name a page comes from one of ours. Signing in requires only this.

    Raises Forbidden.
    """
    page = headers.get("origin") or headers.get("referer")
    own = _origin(settings().public_url)
    if page and _origin(page) != own:
        raise Forbidden(f"CSRF Failed: the request comes from another site. Use {own}.")


def _origin(url: str) -> str | None:
    """Scheme, host and port of a URL, None if it is invalid."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - raises if it is not a number
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()
