"""Helpers shared by the administrators' lists."""

from collections.abc import Sequence
from typing import Any

from chalicelib.errors import BadRequest
from chalicelib.schemas.listing import ListQuery

MAX_UNPAGED = 5000  # rows that fit into a Lambda response


def has_all(words: str, *texts: str) -> bool:
    """Whether every word occurs in the texts, ignoring case."""
    text = "\n".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def counted(value: Any) -> int:
    """Return a stored count, at least 0. It is too low for memberships that are older than the counter."""
    return max(0, int(value))


def check_size(found: Sequence[Any], query: ListQuery) -> None:
    """Raise BadRequest if the rows do not fit into one response and no page is requested."""
    if len(found) > MAX_UNPAGED and query.page is None and query.page_size is None:
        raise BadRequest(f"{len(found)} rows are too many for one response. Request pages: ?page_size=100.")
