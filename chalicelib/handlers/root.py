"""Descriptions of the API: its resources, its OpenAPI document, its reference as a page."""

from functools import lru_cache
from typing import Any

from chalicelib.config import settings
from chalicelib.errors import NotFound
from chalicelib.http.conditional import is_current
from chalicelib.http.json_text import JsonText, compact
from chalicelib.http.router import PUBLIC, Access, Reply, Request, Route
from chalicelib.schemas.query import Query, Text, parse_query
from chalicelib.schemas.responses.common import Object, Url

CACHED = {"Cache-Control": "public, max-age=300"}
NOT_MODIFIED = ((304, None),)
_UNLISTED = (PUBLIC, "/api/internal/")


class DocsQuery(Query):
    """`GET /api/docs`."""

    search: Text = ""


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


def reference(request: Request) -> Reply:
    """All operations by subject, those that match `search`."""
    query = parse_query(DocsQuery, request.query)
    return _page(request, "api/docs.html", given=query.search, **_found(request, query.search))


def subject(request: Request) -> Reply:
    """The reference of one subject."""
    from chalicelib.http import docs

    slug = request.params["subject"]
    whole = docs.of_routes(request.routes)
    found = next((one for one in whole["subjects"] if one["slug"] == slug), None)
    if found is None:
        raise NotFound(f"The reference has no subject {slug[:60]!r}. See /api/docs/.")
    operations = [docs.with_examples(one, settings().public_url) for one in found["operations"]]
    types = docs.types_of(found["operations"], whole["types"])
    shown = {**found, "operations": operations}
    return _page(request, "api/subject.html", subject=shown, subjects=whole["subjects"], types=types)


def _page(request: Request, template: str, **values: Any) -> Reply:
    from chalicelib.http import site

    return site.page(request, template, **values)


def _found(request: Request, search: str) -> dict[str, Any]:
    from chalicelib.http import docs

    whole = docs.of_routes(request.routes)
    found = docs.matching(whole["subjects"], search)
    return {"subjects": found, "found": bool(found), "description": whole["description"]}


@lru_cache(maxsize=1)
def _document(routes: tuple[Route, ...]) -> JsonText:
    from chalicelib.http.openapi import document

    return compact(document(routes, settings().public_url))


ROUTES = (
    Route("GET", "/api", resources, Access.ANYONE, "List the resources of this API", answer=dict[str, Url]),
    Route(
        "GET", "/api/openapi.json", openapi, Access.ANYONE, "Get the OpenAPI document", answer=Object, also=NOT_MODIFIED
    ),
    Route("GET", "/api/docs", reference, Access.ANYONE, "API reference", query=DocsQuery, answer=str),
    Route("GET", "/api/docs/{subject}", subject, Access.ANYONE, "API reference of a subject", answer=str),
)
