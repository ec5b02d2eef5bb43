"""Sync (specification: Tree Operations; recorded: Studio's sync endpoint)."""

from chalicelib.errors import BadRequest
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.sync import endpoint
from chalicelib.schemas.base import parse
from chalicelib.schemas.responses.sync import SyncResult
from chalicelib.schemas.sync import MAX_BODY_BYTES, SyncIn


def sync(request: Request) -> SyncResult:
    if len(request.body) > MAX_BODY_BYTES:
        raise BadRequest(f"The request is larger than {MAX_BODY_BYTES} bytes. Send the changes in several requests.")
    return endpoint.sync(request.user, parse(SyncIn, request.json))


ROUTES = (
    Route(
        "POST",
        "/api/sync",
        sync,
        Access.SIGNED_IN,
        "Exchange changes with other clients",
        None,
        SyncIn,
        SyncResult,
    ),
)
