"""Checks of all requests: the length of the query, and names in a REST body that occur nowhere in the resource."""

from itertools import islice
from typing import Any, Protocol
from urllib.parse import quote

from chalicelib.errors import BadRequest, ValidationFailed
from chalicelib.schemas.names import MAX_REPORTED, names_of, unknown

MAX_QUERY = 8192  # characters, percent-encoded: CloudFront's limit of a whole URL
_UNENCODED = " !$'()*+,/:;?@[]"  # characters that a query may have unencoded; a space as "+"
# Chefs and sync clients may be newer than this server, so these routes ignore what they do not know.
TOLERANT = ("/api/internal/", "/api/sync", "/api/file/upload_url", "/en/")


class HasJson(Protocol):
    """A request, whose body is parsed on demand."""

    @property
    def json(self) -> Any: ...


def check_query(query: dict[str, list[str]]) -> None:
    """Raise BadRequest if a query is longer than a URL may be."""
    pairs = [(name, value) for name, values in query.items() for value in values]
    if sum(_encoded_length(name) + _encoded_length(value) for name, value in pairs) > MAX_QUERY:
        raise BadRequest(f"The query is too long: at most {MAX_QUERY} characters. Split it into several requests.")


def _encoded_length(text: str) -> int:
    """The minimum length of a text in a URL: some clients percent-encode more characters."""
    return len(quote(text, _UNENCODED, errors="replace"))


def check_names(request: HasJson, path: str, body: Any, resource: tuple[Any, ...]) -> None:
    """Raise ValidationFailed if a body contains a name that occurs neither in the type `body` nor in the resource.

    Known names that cannot be written pass, so that what GET returned can be sent back. What is not JSON is left to the
    route.
    """
    if body is None or path.startswith(TOLERANT):
        return
    try:
        data = request.json
    except BadRequest:
        return
    known, writable = names_of(body, *resource), names_of(body)
    found = dict(islice(unknown(data, known, writable), MAX_REPORTED)) if isinstance(data, dict) else {}
    if found:
        raise ValidationFailed({name: [sentence] for name, sentence in found.items()})
