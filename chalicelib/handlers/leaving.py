"""Leaving: exporting one's data, and deleting one's account."""

from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.identity import cookies
from chalicelib.operations.accounts import deletion, export
from chalicelib.schemas.base import Nothing, parse
from chalicelib.schemas.leaving import DeletionIn
from chalicelib.schemas.responses.leaving import Deletion, DeletionStarted, Export


def preview(request: Request) -> Deletion:
    return deletion.preview(request.user)


def delete(request: Request) -> Reply:
    deletion.request(request.user, parse(DeletionIn, request.json).password)
    return Reply({"status": "deleting"}, 202, cookies=cookies.expired())


def exported(request: Request) -> Reply:
    return Reply(export.state(request.user), headers=NO_STORE)


def start_export(request: Request) -> Reply:
    return Reply(export.request(request.user), 202, NO_STORE)


DELETION, EXPORT = "/api/user/me/deletion", "/api/user/me/export"
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
    Route(
        "GET",
        EXPORT,
        exported,
        Access.SIGNED_IN,
        "Get the state of the export of your data",
        answer=Export,
        refusals=(403,),
        rights=lambda request: export.check_session(request.user),
        description="Requires a session. `url` is where the file can be downloaded when `status` is `ready`. Whoever "
        "has this address can read the file, for a day.",
    ),
    Route(
        "POST",
        EXPORT,
        start_export,
        Access.SIGNED_IN,
        "Export your data",
        body=Nothing,
        answer=Export,
        status=202,
        refusals=(403, 429),
        rights=lambda request: export.check_session(request.user),
        description="Requires a session. A ZIP file of JSON is made in the background, with your profile, channels, "
        "members, invitations, bookmarks, saved searches, clipboard, channel sets, API tokens, sessions and names of "
        "files, but no content of channels. While an export is running, the request returns its state.",
    ),
)
