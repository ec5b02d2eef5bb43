"""Pagination by page number."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from chalicelib.errors import NotFound
from chalicelib.schemas.responses.common import Page

T = TypeVar("T")


def page_of(items: Sequence[T], page: int, size: int, url: str, query: Mapping[str, Sequence[str]]) -> Page[T]:
    """One page of all items; see `page_around`."""
    return page_around(items[(page - 1) * size : page * size], len(items), page, size, url, query)


def page_around(
    results: Sequence[T], count: int, page: int, size: int, url: str, query: Mapping[str, Sequence[str]]
) -> Page[T]:
    """A page out of `count` items: `{page, count, total_pages, next, previous, results}`. An empty list has one page.

    `next` and `previous` are `url` with the same query and another page, or null.
    Raises NotFound for a page after the last.
    """
    total = max(1, -(-count // size))
    if page > total:
        raise NotFound(f"Invalid page. The last page is {total}.")

    def link(number: int) -> str | None:
        others = {name: list(values) for name, values in query.items()}
        return f"{url}?{urlencode(others | {'page': [number]}, doseq=True)}" if 1 <= number <= total else None

    return {
        "page": page,
        "count": count,
        "total_pages": total,
        "next": link(page + 1),
        "previous": link(page - 1),
        "results": list(results),
    }
