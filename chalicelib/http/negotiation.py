"""Content negotiation: OPTIONS describes a path, and browsers get HTML pages instead of JSON.

The modules for that are imported at the first such request, not at a cold start."""

import re

from chalice.app import Response

from chalicelib.http.json_text import compact
from chalicelib.http.router import JSON, NO_STORE, PUBLIC, Methods, Request
from chalicelib.schemas.query import last_values
from chalicelib.telemetry import count, log

API = "/api"
_WITHOUT_PAGES = (PUBLIC,)  # caches keep one response for all clients
_WEIGHT = re.compile(r";\s*q=([01](?:\.\d{0,3})?)\s*$")


def negotiate(methods: Methods, request: Request, response: Response) -> Response:
    """The response in the form that the client prefers."""
    if request.method == "OPTIONS" and response.status_code == 200 and _is_described(methods):
        from chalicelib.http import options

        response.body = compact(options.path(methods))
    if not _has_page(methods, request, response):
        return response
    response.headers["Vary"] = "Accept"
    if prefers_html(request.headers.get("accept", "")) and last_values(request.query).get("format") != "json":
        _replace_by_page(methods, request, response)
    return response


def _is_described(methods: Methods) -> bool:
    return "OPTIONS" not in methods and not any(route.is_page for route in methods.values())


def _has_page(methods: Methods, request: Request, response: Response) -> bool:
    """Whether the response has an HTML form, which a browser may prefer: GET of the API, and errors everywhere else."""
    if response.headers.get("Content-Type") != JSON or request.path.startswith(_WITHOUT_PAGES):
        return False
    if not _is_api(methods):
        return response.status_code >= 400
    is_read = request.method in ("GET", "HEAD") and not request.path.endswith(".json")
    return is_read and response.status_code not in (204, 302, 304)


def _is_api(methods: Methods) -> bool:
    return all(route.path.startswith(API) for route in methods.values())


def prefers_html(accept: str) -> bool:
    """Whether an Accept header prefers HTML to JSON (RFC 9110, 12.5.1)."""
    weights = {part.partition(";")[0].strip().lower(): _weight(part) for part in accept.split(",")}
    html = weights.get("text/html", 0.0)
    return html > 0 and html >= weights.get(JSON, 0.0)


def _weight(part: str) -> float:
    found = _WEIGHT.search(part)
    return float(found[1]) if found else 1.0


def _replace_by_page(methods: Methods, request: Request, response: Response) -> None:
    """Turn a JSON response into a page. If that fails, it stays JSON, which browsers can show."""
    from chalicelib.http import pages, site
    from chalicelib.rendering import html

    try:
        if response.status_code == 401 and any(route.is_page for route in methods.values()):
            response.headers["Location"] = site.sign_in_url(methods, request)
            response.status_code, response.body = 303, ""
            return
        if request.method != "HEAD":
            page = pages.page(methods, request, response) if _is_api(methods) else site.error_page(request, response)
            response.body = page
    except Exception:
        log.exception("page failed")
        count("Faults")
        return
    # A page names its reader and has the token of their forms.
    response.headers = {**response.headers, **html.headers(), **NO_STORE}
