"""Exporting one's data, and deleting one's account."""

from chalicelib.errors import StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.identity import cookies
from chalicelib.operations.accounts import deletion, export
from chalicelib.schemas.base import parse
from chalicelib.schemas.leaving import DeletionIn

ACCOUNT = "/settings/account/"


def show(request: Request) -> Reply:
    """The password, what can be exported, and the way to delete the account."""
    return _page(request)


def start_export(request: Request) -> Reply:
    try:
        export.request(request.user)
    except StudioError as error:
        return _page(request, error)
    return redirect(ACCOUNT, "export-started")


def ask(request: Request) -> Reply:
    """What deleting the account would delete and keep, which costs a query for each channel that may go."""
    return _question(request)


def delete(request: Request) -> Reply:
    """Delete the account, if the password is right."""
    try:
        deletion.request(request.user, parse(DeletionIn, request.form.filled("password")).password)
    except StudioError as error:
        return _question(request, error)
    return redirect("/", "account-deleted", cookies.expired())


def _page(request: Request, error: StudioError | None = None) -> Reply:
    return page(request, "settings/account.html", error=error, export=export.state(request.user))


def _question(request: Request, error: StudioError | None = None) -> Reply:
    return page(request, "settings/delete_account.html", error=error, deletion=deletion.preview(request.user))
