"""A page for editors, which says where to go on after an error."""

from typing import Any

from chalicelib.errors import Conflict, QuotaExceeded, StudioError
from chalicelib.http import site
from chalicelib.http.router import Reply, Request


def page(request: Request, template: str, error: StudioError | None = None, **values: Any) -> Reply:
    """A page of `editing/`. After a lost race it links to what is stored now, and without storage to what uses it."""
    after = {"is_stale": isinstance(error, Conflict), "is_full": isinstance(error, QuotaExceeded)}
    return site.page(request, f"editing/{template}.html", error=error, **after, **values)
