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
    """What can be exported, and what deleting the account would delete and keep."""
    return _page(request)


def start_export(request: Request) -> Reply:
    try:
        export.request(request.user)
    except StudioError as error:
        return _page(request, error)
    return redirect(ACCOUNT, "export-started")


def delete(request: Request) -> Reply:
    """Delete the account, if the password is right."""
    try:
        deletion.request(request.user, parse(DeletionIn, request.form.filled("password")).password)
    except StudioError as error:
        return _page(request, error)
    return redirect("/", "account-deleted", cookies.expired())


def _page(request: Request, error: StudioError | None = None) -> Reply:
    shown = deletion.preview(request.user)
    return page(request, "settings/account.html", error=error, deletion=shown, export=export.state(request.user))
