"""Leaving: deleting one's account."""

from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.identity import cookies
from chalicelib.operations.accounts import deletion
from chalicelib.schemas.base import parse
from chalicelib.schemas.leaving import DeletionIn
from chalicelib.schemas.responses.leaving import Deletion, DeletionStarted


def preview(request: Request) -> Deletion:
    return deletion.preview(request.user)


def delete(request: Request) -> Reply:
    deletion.request(request.user, parse(DeletionIn, request.json).password)
    return Reply({"status": "deleting"}, 202, cookies=cookies.expired())


DELETION = "/api/user/me/deletion"
ROUTES = (
    Route(
        "GET",
        DELETION,
        preview,
        Access.SIGNED_IN,
        "Get what deleting your account would delete and keep",
        answer=Deletion,
    ),
    Route(
        "POST",
        DELETION,
        delete,
        Access.SIGNED_IN,
        "Delete your account",
        body=DeletionIn,
        answer=DeletionStarted,
        status=202,
        refusals=(409, 429),
        rights=lambda request: deletion.check_session(request.user),
        description="Requires a session. All your sessions and API tokens end at once, and you cannot sign in again. "
        "Within minutes, channels that nobody else edits are deleted, and your memberships, invitations, bookmarks, "
        "saved searches, clipboard and channel sets. Shared channels stay with their other editors, and one of them "
        "becomes the owner. Then your address may register again. The last administrator cannot be deleted (409).",
    ),
)
