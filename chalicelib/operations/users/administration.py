"""The administrators' view of users. Callers must be administrators."""

from typing import cast

from chalicelib.aws import mail
from chalicelib.domain.ids import parse_id
from chalicelib.domain.storage.sizes import human
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity import accounts, revocation
from chalicelib.identity.authentication import Identity
from chalicelib.mails import messages
from chalicelib.models import sessions, storage_requests, user_deletion, users
from chalicelib.models.storage_requests import StorageRequest
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.storage import ownership
from chalicelib.operations.users import more_storage
from chalicelib.operations.users.admin_lists import counted, has_all
from chalicelib.schemas.admin import MAX_QUOTA, AdminUserChanges, AdminUserList
from chalicelib.schemas.responses.people import AdminUser, FoundUser
from chalicelib.telemetry import Audited, audit

_NO_REQUEST = "No request of this user is open. It may have been answered or withdrawn meanwhile."
_AUDITED = {
    "is_active": (Audited.USER_DEACTIVATED, Audited.USER_ACTIVATED),
    "is_admin": (Audited.ADMIN_REVOKED, Audited.ADMIN_GRANTED),
}


def listed(_: Identity, query: AdminUserList) -> list[FoundUser]:
    """Return users ordered by e-mail address."""
    ids = [plain for one in query.ids if (plain := parse_id(one))]
    known = users.get_many(ids).values() if query.ids else users.everyone()
    asked = storage_requests.all_open()
    wanted = {"is_active": query.is_active, "is_admin": query.is_admin, "is_chef": query.chef}
    found = [
        person
        for person in sorted(known, key=lambda person: person.email)
        if all(value in (None, bool(getattr(person, name))) for name, value in wanted.items())
        and query.storage_request in (None, person.id in asked)
        and has_all(query.keywords, f"{person.first_name} {person.last_name}", person.email)
    ]
    return [_row(person, asked.get(person.id)) for person in found]


def fill(_: Identity, rows: list[FoundUser]) -> list[AdminUser]:
    """Return these users with the storage that they use. One read per hundred users."""
    known = users.get_many([row["id"] for row in rows])
    used = {user_id: _used(person) for user_id, person in known.items()}
    return [cast(AdminUser, {**row, "disk_space_used": used[row["id"]]}) for row in rows if row["id"] in used]


def one(_: Identity, user_id: str) -> AdminUser:
    """Return a user. Raises NotFound."""
    person = _user(user_id)
    return {
        **_row(person, storage_requests.get(person.id)),
        "disk_space_used": _used(person),
        "limits": dict(person.limits or {}),
        "session_count": len(sessions.lasting(person.session_places)),
        "token_count": len(person.token_keys or ()),
    }


def update(user: Identity, user_id: str, changes: AdminUserChanges) -> AdminUser:
    """Change a user; existing tokens and sessions follow immediately. Another quota answers a request for storage.

    Raises NotFound, Conflict after a lost race or for changes that nobody could undo: administrators cannot deactivate
    themselves, and the last one must remain an administrator.
    """
    return _changed(user, _user(user_id), changes)


def give_requested(user: Identity, user_id: str, size: int) -> AdminUser:
    """Give a user the `size` bytes beyond the quota that they have requested, which answers the request.

    Raises NotFound, Conflict if no request for just this size is open, as after a first call, and as `update`.
    """
    person = _user(user_id)
    request = storage_requests.get(person.id)
    if request is None:
        raise Conflict(_NO_REQUEST)
    if request.size != size:
        raise Conflict(f"The request has changed: it is for {human(request.size)} now. Decide again.")
    quota = int(person.disk_space) + size
    if quota > MAX_QUOTA:
        raise Conflict(f"No quota can be larger than {human(MAX_QUOTA)}. Set another one, or decline the request.")
    return _changed(user, person, AdminUserChanges(disk_space=quota))


def decline_requested(user: Identity, user_id: str) -> AdminUser:
    """Decline a user's request for storage. Raises NotFound, Conflict if none is open, and as `update`."""
    person = _user(user_id)
    if storage_requests.get(person.id) is None:
        raise Conflict(_NO_REQUEST)
    return _changed(user, person, AdminUserChanges(decline_storage_request=True))


def _changed(user: Identity, person: User, changes: AdminUserChanges) -> AdminUser:
    given = {name: value for name, value in changes.model_dump().items() if value is not None}
    if policy.owns(user, person.id) and given.get("is_active") is False:
        raise Conflict("You cannot deactivate yourself. Ask another administrator.")
    if user_deletion.is_marked(person):
        raise Conflict("This account is being deleted. It cannot be changed any more.")
    quota = given.pop("disk_space", None)
    limits = given.pop("limits", None)
    is_answered = given.pop("decline_storage_request", False) or quota not in (None, int(person.disk_space))
    actions = [] if quota is None else users.quota_change(person, quota)
    actions += [] if limits is None else users.limits_change(person, limits)
    was_admin = policy.is_active_admin(person)
    staying = [another_administrator(person.id)] if was_admin and False in given.values() else []
    if given.get("is_active") is False:
        ownership.prepare_deactivation(person.id)
    answered = [storage_requests.answered(person.id)] if is_answered else []
    request = storage_requests.get(person.id) if is_answered else None
    if not users.change_profile(person, actions, given, *staying, deleted=answered):
        raise Conflict("The user was changed by another request. Reload it and try again.")
    if request:
        mail.notify(str(person.email), messages.storage_answered(int(request.size), quota or 0))
    for name, (off, on) in _AUDITED.items():
        if name in given and given[name] != bool(getattr(person, name)):
            audit(on if given[name] else off, person.id)
    return one(user, person.id)


def set_active(email: str, is_active: bool) -> None:
    """Activate or deactivate the user with this e-mail address, for an operator. Deactivating ends all tokens and
    sessions for good, and the user's shared channels get other owners.

    Raises NotFound for an unknown user, Conflict if the user is changed again and again meanwhile.
    """
    if not is_active:
        ownership.prepare_deactivation(accounts.user_with(email).id)
    revocation.set_active(email, is_active)


def another_administrator(leaving: str) -> str:
    """Return another administrator. This read may be stale; the transaction checks it again."""
    for person in users.everyone():
        if policy.is_active_admin(person) and person.id != leaving:
            return str(person.id)
    raise Conflict("This is the last administrator. Make another user an administrator first.")


def _user(user_id: str) -> User:
    plain = parse_id(user_id)
    person = users.get(plain) if plain else None
    if person is None:
        raise NotFound(f"User not found: {user_id[:60]!r}")
    return person


def _used(person: User) -> int:
    return max(0, int(person.disk_space) - int(person.disk_space_left))


def _row(person: User, request: StorageRequest | None) -> FoundUser:
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "is_active": bool(person.is_active),
        "is_admin": bool(person.is_admin),
        "disk_space": int(person.disk_space),
        "last_login": moment(person.last_login) if person.last_login else None,
        "date_joined": moment(person.date_joined) if person.date_joined else None,
        "edit_count": counted(person.edit_count),
        "view_count": counted(person.view_count),
        "storage_request": more_storage.shown(request),
    }
