"""Bodies as JSON text, serialised once."""

from functools import cached_property, lru_cache
from typing import Any

from chalicelib.domain import jsontext
from chalicelib.http import large_responses
from chalicelib.http.conditional import etag_of


class JsonText(str):
    """A body that is serialised already. Its properties are computed once."""

    @cached_property
    def etag(self) -> str:
        """Its strong ETag."""
        return etag_of(self.encode())

    @cached_property
    def is_too_large(self) -> bool:
        """Whether it exceeds the limit of Lambda."""
        return large_responses.is_too_large(self)


def compact(body: Any) -> JsonText:
    """A body as compact JSON; JsonText stays as it is."""
    if isinstance(body, JsonText):
        return body
    return JsonText(jsontext.dumps(body))


@lru_cache(maxsize=4)
def array(texts: tuple[str, ...]) -> JsonText:
    """A JSON array of items that are JSON text. Cached, since long lists are requested often."""
    return JsonText(f"[{','.join(texts)}]")
