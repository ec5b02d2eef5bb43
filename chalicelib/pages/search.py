"""Search of published resources."""

from typing import Any

from chalicelib.errors import BadRequest
from chalicelib.http.pagination import page_around
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page
from chalicelib.operations.search import search_query
from chalicelib.schemas import vocabularies
from chalicelib.schemas.query import filled, parse_query
from chalicelib.schemas.search import SearchQuery

FIELDS = ("keywords", "author", "languages", "kinds", "licenses", "channel_list", "page")
LISTS = (
    ("edit", "Channels that I may edit"),
    ("view", "Channels shared with me to view"),
    ("bookmark", "Channels that I have bookmarked"),
    ("public", "Public channels"),
)


def find(request: Request) -> Reply:
    """Resources and topics that match; only the form while nothing is searched for."""
    sent, shown = filled(request.query, FIELDS)
    view: dict[str, Any] = {"query": shown, "options": options()}
    if not shown:
        return page(request, "search/find.html", **view)
    try:
        query = parse_query(SearchQuery, sent)
    except BadRequest as error:
        return page(request, "search/find.html", error=error, **view)
    count, rows = search_query.find(request.user, query)
    found = page_around(rows, count, query.page, query.page_size, "/search/", sent)
    return page(request, "search/find.html", found=found, **view)


def options() -> dict[str, list[tuple[str, str]]]:
    """The values of each filter with their names."""
    known = {"languages": "Language", "kinds": "Kind", "licenses": "LicenseId"}
    named = {
        name: sorted(((str(code), text) for code, text in vocabularies.names(words).items()), key=lambda one: one[1])
        for name, words in known.items()
    }
    return {**named, "channel_list": [*LISTS]}
