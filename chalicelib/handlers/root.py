"""Descriptions of the API: its resources, its OpenAPI document, its reference as a page."""

from functools import lru_cache

from chalicelib.config import settings
from chalicelib.http.conditional import is_current
from chalicelib.http.json_text import JsonText, compact
from chalicelib.http.router import PUBLIC, Access, Reply, Request, Route
from chalicelib.rendering.html import Html
from chalicelib.schemas.responses.common import Object, Url

CACHED = {"Cache-Control": "public, max-age=300"}
NOT_MODIFIED = ((304, None),)
_UNLISTED = (PUBLIC, "/api/internal/")


def resources(request: Request) -> dict[str, str]:
    """URLs that can be read without an ID, by name (recorded: the API root)."""
    paths = {route.path for route in request.routes if route.method == "GET" and "{" not in route.path}
    shown = [path for path in sorted(paths) if path.startswith("/api/") and not path.startswith(_UNLISTED)]
    return {path.removeprefix("/api/"): settings().public_url + path for path in shown}


def openapi(request: Request) -> Reply:
    """The OpenAPI document. It changes only with the code, so it is generated once per process."""
    text = _document(request.routes)
    headers = {**CACHED, "ETag": text.etag}
    if is_current(request.headers, text.etag, ""):
        return Reply(None, 304, headers)
    return Reply(text, headers=headers)


def docs(request: Request) -> Reply:
    """The whole reference as one page."""
    return Reply(_reference(request.routes), headers=CACHED)


@lru_cache(maxsize=1)
def _document(routes: tuple[Route, ...]) -> JsonText:
    from chalicelib.http.openapi import document

    return compact(document(routes, settings().public_url))


@lru_cache(maxsize=1)
def _reference(routes: tuple[Route, ...]) -> Html:
    from chalicelib.http import pages
    from chalicelib.http.openapi import document

    return pages.reference(document(routes, settings().public_url))


ROUTES = (
    Route("GET", "/api", resources, Access.ANYONE, "List the resources of this API", answer=dict[str, Url]),
    Route(
        "GET", "/api/openapi.json", openapi, Access.ANYONE, "Get the OpenAPI document", answer=Object, also=NOT_MODIFIED
    ),
    Route("GET", "/api/docs", docs, Access.ANYONE, "API reference", answer=str),
)
