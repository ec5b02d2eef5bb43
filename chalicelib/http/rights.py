"""Checks for `Route.rights`: permissions on the object that the path or the body of a request names."""

from collections.abc import Callable
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import BadRequest
from chalicelib.http.router import Request
from chalicelib.identity.authentication import Identity

Check = Callable[[Identity, Any], object]  # raises NotFound or Forbidden for this user and id
Rights = Callable[[Request], object]


def on_path(check: Check) -> Rights:
    """Check the object of the path."""
    return lambda request: check(request.user, request.params["id"])


def in_body(field: str, check: Check) -> Rights:
    """Check the object that a field of the body names, if it is an id. Dots separate nested names."""

    def rights(request: Request) -> None:
        named = parse_id(_read(request, field))
        if named:
            check(request.user, named)

    return rights


def both(first: Rights, then: Rights) -> Rights:
    """Check two objects, one after the other."""

    def rights(request: Request) -> None:
        first(request)
        then(request)

    return rights


def _read(request: Request, field: str) -> Any:
    try:
        value = request.json
    except BadRequest:
        return None
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
