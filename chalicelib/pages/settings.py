"""A user's own settings: names, API tokens, storage, sessions. Those of the account are in `leaving`."""

from datetime import UTC, datetime

from chalicelib.config import settings
from chalicelib.domain.ids import new_id
from chalicelib.errors import StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.accounts import api_tokens, own_sessions, profile, storage_report
from chalicelib.operations.users import more_storage
from chalicelib.rendering.chart import parts_of, width_of
from chalicelib.rendering.formats import moment
from chalicelib.schemas.api_token import TokenIn
from chalicelib.schemas.base import parse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.profile import ProfileChanges
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.storage import StorageRequestForm

TOKENS, STORAGE, SESSIONS = "/settings/tokens/", "/settings/storage/", "/settings/sessions/"


def show_profile(request: Request, error: StudioError | None = None) -> Reply:
    """The user's names and address."""
    return page(request, "settings/profile.html", own=profile.profile(request.user), error=error)


def save_profile(request: Request) -> Reply:
    try:
        profile.update(request.user, parse(ProfileChanges, request.form.filled("first_name", "last_name")))
    except StudioError as error:
        return show_profile(request, error)
    return redirect("/settings/", "profile-saved")


def show_tokens(request: Request, error: StudioError | None = None) -> Reply:
    """The user's API tokens, and a form for another one."""
    rows = api_tokens.listed(request.user, parse_query(ListQuery, {}))
    tokens = [{**row, "is_over": bool(row["expires"] and moment(row["expires"]) <= datetime.now(UTC))} for row in rows]
    return page(request, "settings/tokens.html", tokens=tokens, once=new_id(), error=error)


def create_token(request: Request) -> Reply:
    """Create a token and show it. The page is stored nowhere, and the same form creates no second token."""
    sent = request.form
    try:
        token = api_tokens.create(request.user, parse(TokenIn, sent.filled("name", "expires")), sent.get("once")[:32])
    except StudioError as error:
        return show_tokens(request, error)
    return page(request, "settings/new_token.html", token=token, url=settings().public_url, status=201)


def revoke_token(request: Request) -> Reply:
    try:
        api_tokens.revoke(request.user, request.params["id"])
    except StudioError as error:
        return show_tokens(request, error)
    return redirect(TOKENS, "token-revoked")


def show_storage(request: Request, error: StudioError | None = None) -> Reply:
    """What the user's files take, and a form to request more."""
    report = storage_report.current(request.user)
    kinds = report["count"]["by_kind"] if report["count"] else []
    chart = parts_of([(kind["kind"], kind["name"], kind["size"]) for kind in kinds])
    used = width_of(report["used"], report["allowed"])
    return page(request, "settings/storage.html", report=report, chart=chart, used_width=used, error=error)


def request_storage(request: Request) -> Reply:
    try:
        sent = parse(StorageRequestForm, request.form.filled("gigabytes", "reason"))
        more_storage.create(request.user, sent.request)
    except StudioError as error:
        return show_storage(request, error)
    return redirect(STORAGE, "storage-requested")


def withdraw_request(request: Request) -> Reply:
    try:
        more_storage.withdraw(request.user)
    except StudioError as error:
        return show_storage(request, error)
    return redirect(STORAGE, "storage-withdrawn")


def show_sessions(request: Request, error: StudioError | None = None) -> Reply:
    """Where the user is signed in."""
    return page(
        request,
        "settings/sessions.html",
        sessions=own_sessions.listed(request.user, parse_query(ListQuery, {})),
        error=error,
    )


def end_other_sessions(request: Request) -> Reply:
    try:
        own_sessions.end_others(request.user)
    except StudioError as error:
        return show_sessions(request, error)
    return redirect(SESSIONS, "sessions-ended")


def end_session(request: Request) -> Reply:
    try:
        own_sessions.end(request.user, request.params["id"])
    except StudioError as error:
        return show_sessions(request, error)
    return redirect(SESSIONS, "session-ended")
