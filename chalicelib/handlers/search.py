"""Search and saved searches (specification: Resource Shapes, search, saved-search)."""

from typing import Any

from chalicelib.config import settings
from chalicelib.http.pagination import page_around
from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.search import search_query
from chalicelib.operations.users import saved_searches
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.responses.common import Page
from chalicelib.schemas.responses.search import SavedSearch, SearchResult
from chalicelib.schemas.search import SavedSearchChange, SavedSearchIn, SearchQuery


def find(request: Request) -> Page[SearchResult]:
    """A page of search results, 25 nodes long by default."""
    query = parse_query(SearchQuery, request.query)
    count, results = search_query.find(request.user, query)
    url = settings().public_url + request.path
    return page_around(results, count, query.page, query.page_size, url, request.query)


SAVED = Resource(
    name="search/saved-search",
    title="a saved search",
    plural="saved searches",
    listing=Listing(ListQuery, saved_searches.listed, search=("name",), ordering=("name", "created", "modified")),
    retrieve=saved_searches.one,
    create=saved_searches.create,
    update=saved_searches.update,
    delete=saved_searches.delete,
    write=SavedSearchIn,
    change=SavedSearchChange,
    read=SavedSearch,
)

_DOCUMENTATION: dict[str, Any] = {
    "summary": "Search published nodes",
    "query": SearchQuery,
    "answer": Page[SearchResult],
}
ROUTES = (
    Route("GET", "/api/search", find, Access.SIGNED_IN, **_DOCUMENTATION),
    Route("GET", "/api/search/search", find, Access.SIGNED_IN, **_DOCUMENTATION),
    *routes_of(SAVED),
)
