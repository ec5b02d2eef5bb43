"""That a request which changes something comes from our own pages: a browser sends cookies whoever asks it to."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token
from chalicelib.errors import Forbidden


def check(headers: Mapping[str, str], session_id: str, form_token: str = "") -> None:
    """`headers` (names in lower case) must have the session's token in X-CSRFToken, where `form_token` is not it.

    Raises Forbidden, in Studio's words.
    """
    check_origin(headers)
    sent = headers.get("x-csrftoken") or form_token
    if not hmac.compare_digest(sent.encode(errors="replace"), csrf_token(session_id).encode()):
        raise Forbidden("CSRF Failed: CSRF token missing or incorrect.")


def check_origin(headers: Mapping[str, str]) -> None:
    """Where a browser says which page asked, it must be one of ours. Signing in needs no more than this.

    Raises Forbidden.
    """
    page = headers.get("origin") or headers.get("referer")
    own = _origin(settings().public_url)
    if page and _origin(page) != own:
        raise Forbidden(f"CSRF Failed: the request comes from another site. Use {own}.")


def _origin(url: str) -> str | None:
    """Scheme, host and port of a URL, None where it is none."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()
