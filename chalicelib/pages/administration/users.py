"""Users for administrators: a list, a page for each, and what can be done with one."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from chalicelib.domain.storage.sizes import human
from chalicelib.errors import BadRequest, StudioError, ValidationFailed
from chalicelib.http.pagination import page_of
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.identity.authentication import Identity
from chalicelib.operations.access import policy
from chalicelib.operations.administration import credentials
from chalicelib.operations.users import administration
from chalicelib.pages.administration import confirming
from chalicelib.pages.administration.confirming import Action, Subject, setting
from chalicelib.schemas.admin import AdminUserChanges, AdminUserList, LimitName
from chalicelib.schemas.base import parse
from chalicelib.schemas.query import filled, parse_query
from chalicelib.schemas.responses.people import AdminUser

PAGE_SIZE = 25
FIELDS = ("keywords", "is_active", "is_admin", "chef", "storage_request", "page")
GIGABYTE = 10**9
LIMITS: tuple[str, ...] = get_args(LimitName)
_NUMBER = re.compile("[0-9]{1,10}")
_SIZE = re.compile("[0-9]{1,16}")


def find(request: Request) -> Reply:
    """A page of the users that match."""
    sent, shown = filled(request.query, FIELDS)
    try:
        query = parse_query(AdminUserList, sent)
    except BadRequest as error:
        return page(request, "admin/users.html", error=error, query=shown)
    rows = administration.listed(request.user, query)
    found = page_of(rows, query.page or 1, PAGE_SIZE, "/admin/users/", sent)
    people = administration.fill(request.user, found["results"])
    return page(request, "admin/users.html", found=found, people=people, query=shown)


def show(request: Request) -> Reply:
    """A user, with the form for quota and limits."""
    return _shown(request)


def save(request: Request) -> Reply:
    """Change quota and limits."""
    try:
        administration.update(request.user, request.params["id"], parse(AdminUserChanges, _changes(request)))
    except StudioError as error:
        return _shown(request, error)
    return redirect(_path(request), "user-saved")


def ask(request: Request) -> Reply:
    """Ask before an action."""
    person = administration.one(request.user, request.params["id"])
    return confirming.ask(request, _actions(request, person), _subject(person))


def do(request: Request) -> Reply:
    """What was confirmed."""
    person = administration.one(request.user, request.params["id"])
    return confirming.do(request, _actions(request, person), _subject(person))


def _shown(request: Request, error: StudioError | None = None) -> Reply:
    person = administration.one(request.user, request.params["id"])
    quota = f"{Decimal(person['disk_space']) / GIGABYTE:f}"
    return page(
        request,
        "admin/user.html",
        error=error,
        person=person,
        quota=quota,
        limits=LIMITS,
        is_self=policy.owns(request.user, person["id"]),
    )


def _changes(request: Request) -> dict[str, Any]:
    """The body of the API's PATCH. An empty limit is that of all users."""
    quota = _bytes(request.form.get("quota"))
    limits = {name: request.form.get(_field(name)).strip() for name in LIMITS if _field(name) in request.form.fields}
    wrong = [name for name, text in limits.items() if text and not _NUMBER.fullmatch(text)]
    if wrong:
        raise ValidationFailed({_field(name): ["Enter a whole number, or nothing."] for name in wrong})
    return {"disk_space": quota, "limits": {name: int(text) if text else None for name, text in limits.items()}}


def _field(limit: str) -> str:
    return f"limit-{limit}"


def _bytes(gigabytes: str) -> int:
    try:
        number = Decimal(gigabytes.strip().replace(",", "."))
        if number.is_finite() and 0 <= number <= GIGABYTE:
            return int(number * GIGABYTE)
    except InvalidOperation:
        pass
    raise ValidationFailed({"quota": ["Enter a number of gigabytes, such as 5 or 0.5."]})


def _path(request: Request) -> str:
    return f"/admin/users/{request.params['id']}/"


def _actions(request: Request, person: AdminUser) -> dict[str, Action]:
    return {**ACTIONS, "give-storage": _give_storage(request, person)}


def _give_storage(request: Request, person: AdminUser) -> Action:
    """Give what was requested when the question was asked: its user may have requested more since."""
    sent = request.form.get("bytes") if request.method == "POST" else ""
    size = (person["storage_request"] or {"bytes": 0})["bytes"]
    now, then = human(person["disk_space"]), human(person["disk_space"] + size)

    def run(caller: Identity, user_id: str) -> object:
        return administration.give_requested(caller, user_id, int(sent) if _SIZE.fullmatch(sent) else 0)

    return Action(
        f"Give {human(size)} more" if size else "Give the requested storage",
        f"The quota becomes {then}; it is {now} now. This answers the request." if size else "No request is open.",
        run,
        "storage-given",
        is_harmless=True,
        shown={"bytes": str(size)},
    )


def _subject(person: AdminUser) -> Subject:
    return Subject(person["email"], f"/admin/users/{person['id']}/")


ACTIONS = {
    "deactivate": Action(
        "Deactivate",
        "The user is signed out everywhere and cannot sign in. API tokens are revoked for good. Channels that others "
        "edit get another owner; all others stay as they are.",
        setting(administration.update, AdminUserChanges, is_active=False),
        "user-deactivated",
    ),
    "activate": Action(
        "Activate",
        "The user can sign in again. Earlier sessions and API tokens stay ended.",
        setting(administration.update, AdminUserChanges, is_active=True),
        "user-activated",
        is_harmless=True,
    ),
    "end-sessions": Action(
        "End all sessions",
        "The user is signed out everywhere, and can sign in again. API tokens stay.",
        credentials.end_sessions,
        "user-sessions-ended",
    ),
    "revoke-tokens": Action(
        "Revoke all API tokens",
        "Scripts of the user are refused from now on, until they get a new token. Sessions stay.",
        credentials.revoke_tokens,
        "user-tokens-revoked",
    ),
    "decline-storage": Action(
        "Decline the request for more storage",
        "The request is deleted and the quota stays as it is. The user can send another request.",
        administration.decline_requested,
        "storage-declined",
    ),
    "make-administrator": Action(
        "Make an administrator",
        "An administrator sees and changes all channels and all users.",
        setting(administration.update, AdminUserChanges, is_admin=True),
        "administrator-made",
    ),
    "remove-administrator": Action(
        "Take administrator rights away",
        "The user keeps their own channels, and no longer sees those of others.",
        setting(administration.update, AdminUserChanges, is_admin=False),
        "administrator-removed",
    ),
}
