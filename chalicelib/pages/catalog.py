"""The catalog of public channels, open to anyone."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chalicelib.errors import BadRequest
from chalicelib.http.pagination import page_of
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page
from chalicelib.identity.authentication import ANONYMOUS
from chalicelib.operations.channels import catalog
from chalicelib.rendering import names
from chalicelib.schemas import vocabularies
from chalicelib.schemas.query import filled, parse_query
from chalicelib.schemas.search import CatalogQuery

PAGE_SIZE = 24
# The page shows whether somebody is signed in.
CACHED = {"Cache-Control": "private, max-age=60", "Vary": "Cookie"}
Options = list[tuple[str, str]]  # (value, name)


def find(request: Request) -> Reply:
    """Public channels that match the search and the filters of the query."""
    sent, shown = filled(request.query, FIELDS)
    view: dict[str, Any] = {"query": shown, "options": options(), "country": country}
    try:
        query = parse_query(CatalogQuery, sent)
    except BadRequest as error:
        return page(request, "catalog/list.html", error=error, **view)
    rows = catalog.listed(replace(ANONYMOUS, address=request.address), query)
    found = page_of(rows, query.page or 1, PAGE_SIZE, "/catalog/", sent)
    contents = catalog.published([row["id"] for row in found["results"]])
    reply = page(request, "catalog/list.html", found=found, contents=contents, **view)
    return replace(reply, headers={**reply.headers, **CACHED})


def options() -> dict[str, Options]:
    """The values of each filter with their names, sorted by them."""
    known = catalog.choices()
    return {
        "languages": _named(known["languages"], names.language),
        "kinds": _named(known["kinds"], names.kind),
        "categories": _named(known["categories"], names.label),
        "licenses": _named(known["licenses"], names.licence),
        "countries": _named(known["countries"], country),
    }


def country(code: str) -> str:
    """The name of a country."""
    return vocabularies.names("Country").get(code, code)


FIELDS = ("keywords", "languages", "kinds", "categories", "licenses", "countries", "page")


def _named(codes: Iterable[Any], name: Callable[[Any], str]) -> Options:
    return sorted(((str(code), name(code)) for code in codes), key=lambda one: one[1].casefold())
