"""CSRF protection: other sites change nothing, and with a session only our own pages do.

Users' files have our host, but browsers open them in a sandbox: their requests say `Origin: null` and
`Sec-Fetch-Site: cross-site`. Clients that are not browsers send neither header.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token
from chalicelib.errors import Forbidden

FIELD = "csrfmiddlewaretoken"  # of a form
OWN_SITES = ("same-origin", "none")  # values of Sec-Fetch-Site: one of our pages, or the user, who typed the address


def check(headers: Mapping[str, str], session_id: str, form_token: str = "") -> None:
    """Check that a request carries the session's CSRF token, in X-CSRFToken (names in lower case) or in its form.

    Raises Forbidden, with Studio's message.
    """
    check_token(headers, csrf_token(session_id), form_token)


def check_token(headers: Mapping[str, str], token: str, form_token: str = "") -> None:
    """Check that a request carries this CSRF token. Raises Forbidden as `check` does."""
    check_origin(headers)
    sent = headers.get("x-csrftoken") or form_token
    if not hmac.compare_digest(sent.encode(errors="replace"), token.encode()):
        raise Forbidden("CSRF Failed: CSRF token missing or incorrect.")


def check_origin(headers: Mapping[str, str]) -> None:
    """Check that a request whose headers name a page comes from one of ours. Signing in requires only this.

    Raises Forbidden.
    """
    page = headers.get("origin") or headers.get("referer")
    if is_foreign(headers) or (page and _origin(page) != _own()):
        raise _forbidden()


def check_browser(headers: Mapping[str, str]) -> None:
    """Check that no browser says that a request comes from a sandboxed document or from a page of another site.

    This holds with a token, too: no page of another site can send one, as the API allows none by CORS. A foreign
    `Origin` alone is refused only with a session: a token may also come through a proxy that has another name.
    Raises Forbidden.
    """
    if _is_elsewhere(headers):
        raise _forbidden()


def check_reader(headers: Mapping[str, str]) -> None:
    """Check that a page with the CSRF token goes to a window, where only the user reads it, or to one of our pages.

    Raises Forbidden.
    """
    window = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if is_foreign(headers) and not window:
        raise _forbidden()


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a request comes from anywhere else than our pages and the user."""
    page = headers.get("origin")
    return _is_elsewhere(headers) or bool(page and _origin(page) != _own())


def _is_elsewhere(headers: Mapping[str, str]) -> bool:
    site = headers.get("sec-fetch-site", "").strip().lower()
    return (bool(site) and site not in OWN_SITES) or headers.get("origin", "").strip().lower() == "null"


def _forbidden() -> Forbidden:
    return Forbidden(f"CSRF Failed: the request comes from another site. Use {_own()}.")


def _own() -> str | None:
    return _origin(settings().public_url)


def _origin(url: str) -> str | None:
    """Scheme, host and port of a URL, None if it is invalid."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - raises if it is not a number
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()
