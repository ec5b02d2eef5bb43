"""The caller's storage."""

from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.accounts import storage_report
from chalicelib.operations.users import more_storage
from chalicelib.schemas.base import parse
from chalicelib.schemas.responses.storage import Storage, StorageRequest
from chalicelib.schemas.storage import StorageRequestIn


def report(request: Request) -> Storage:
    return storage_report.current(request.user)


def ask(request: Request) -> Reply:
    return Reply(more_storage.create(request.user, parse(StorageRequestIn, request.json)), 201)


def withdraw(request: Request) -> Reply:
    more_storage.withdraw(request.user)
    return Reply(None, 204)


URL = "/api/user/me/storage"
ROUTES = (
    Route(
        "GET",
        URL,
        report,
        Access.SIGNED_IN,
        "Get what your files take by kind and by channel",
        answer=Storage,
        description="`used` and `allowed` are of this moment. `count` was counted by a worker at the time `counted`, "
        "and is null before the first one.",
    ),
    Route(
        "POST",
        f"{URL}/request",
        ask,
        Access.SIGNED_IN,
        "Request more storage",
        body=StorageRequestIn,
        answer=StorageRequest,
        status=201,
        refusals=(409, 429),
        description="Administrators see the request in their list of users, and the operator gets a mail. A user has "
        "one open request; a change of the quota answers it.",
    ),
    Route(
        "DELETE",
        f"{URL}/request",
        withdraw,
        Access.SIGNED_IN,
        "Withdraw your request for more storage",
        status=204,
        refusals=(404,),
    ),
)
