"""What every path says of itself: OPTIONS describes it, and browsers get a page. What that takes is loaded when it is
asked for, not when a function starts."""

import re

from chalice.app import Response

from chalicelib.http.router import JSON, PUBLIC, Methods, Request, compact
from chalicelib.schemas.query import last_values
from chalicelib.telemetry import count, log

_WITHOUT_PAGES = (PUBLIC, "/api/internal/")  # caches keep the one, programs read the other
_WEIGHT = re.compile(r";\s*q=([01](?:\.\d{0,3})?)\s*$")


def told(methods: Methods, request: Request, response: Response) -> Response:
    """The response as its reader can use it best."""
    if request.method == "OPTIONS" and response.status_code == 200 and "OPTIONS" not in methods:
        from chalicelib.http import options

        response.body = compact(options.path(methods))
    if not _may_be_a_page(methods, request, response):
        return response
    response.headers["Vary"] = "Accept"
    if prefers_html(request.headers.get("accept", "")) and last_values(request.query).get("format") != "json":
        _as_page(methods, request, response)
    return response


def _may_be_a_page(methods: Methods, request: Request, response: Response) -> bool:
    """JSON that a browser may have come for."""
    return (
        request.method in ("GET", "HEAD")
        and request.path.startswith("/api")
        and not request.path.startswith(_WITHOUT_PAGES)
        and not request.path.endswith(".json")
        and response.headers.get("Content-Type") == JSON
        and response.status_code not in (204, 302, 304)
    )


def prefers_html(accept: str) -> bool:
    """Whether an Accept header names HTML, and JSON not before it (RFC 9110, 12.5.1)."""
    weights = {part.partition(";")[0].strip().lower(): _weight(part) for part in accept.split(",")}
    html = weights.get("text/html", 0.0)
    return html > 0 and html >= weights.get(JSON, 0.0)


def _weight(part: str) -> float:
    found = _WEIGHT.search(part)
    return float(found[1]) if found else 1.0


def _as_page(methods: Methods, request: Request, response: Response) -> None:
    """Where no page can be made, the answer stays JSON: what was asked for is there, and browsers show that too."""
    from chalicelib import html
    from chalicelib.http import pages

    try:
        if request.method == "GET":
            response.body = pages.page(methods, request, response.status_code, str(response.body))
    except Exception:
        log.exception("page failed")
        count("Faults")
        return
    response.headers = {**response.headers, **html.headers()}
