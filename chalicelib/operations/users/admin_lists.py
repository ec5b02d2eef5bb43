"""What lists of administrators share."""

from collections.abc import Sequence
from typing import Any

from chalicelib.errors import BadRequest
from chalicelib.schemas.listing import ListQuery

MAX_UNPAGED = 5000  # rows that fit into an answer of Lambda


def has_all(words: str, *texts: str) -> bool:
    """Whether all the words are somewhere in the texts, in any case."""
    text = "\n".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def counted(value: Any) -> int:
    """A count that is kept. It is too low where there are memberships from before it was, but never negative."""
    return max(0, int(value))


def check_size(found: Sequence[Any], query: ListQuery) -> None:
    """Raises BadRequest where there are more than fit into an answer, and no page is asked for."""
    if len(found) > MAX_UNPAGED and query.page is None and query.page_size is None:
        raise BadRequest(f"{len(found)} are too many for one answer. Ask for pages: ?page_size=100.")
