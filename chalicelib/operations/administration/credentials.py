"""Ending the sessions and revoking the API tokens of any user. Callers must be administrators."""

from collections.abc import Callable

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import sessions, tokens, users
from chalicelib.models.users import User
from chalicelib.telemetry import Audited, audit

_RACES = 5


def end_sessions(_: Identity, user_id: str) -> None:
    """End all sessions of a user. Idempotent. Raises NotFound, and Conflict after too many lost races."""

    def end(person: User) -> bool:
        keys = set(sessions.lasting(person.session_places).values())
        if not keys:
            return True
        if not users.end_sessions(person, keys):
            return False
        audit(Audited.SESSIONS_ENDED, person.id, number=len(keys))
        return True

    _retried(user_id, end)


def revoke_tokens(_: Identity, user_id: str) -> None:
    """Revoke all API tokens of a user for good. Idempotent. Raises as `end_sessions` does."""

    def revoke(person: User) -> bool:
        keys = set(person.token_keys or ())
        if not keys:
            return True
        if not users.revoke_tokens(person, keys):
            return False
        audit(Audited.TOKENS_REVOKED, person.id, tokens=tokens.ids_of(keys))
        return True

    _retried(user_id, revoke)


def _retried(user_id: str, change: Callable[[User], bool]) -> None:
    """Make a change on the user as read, again if other requests changed them meanwhile."""
    plain = parse_id(user_id)
    for _ in range(_RACES):
        person = users.get(plain) if plain else None
        if person is None:
            raise NotFound(f"User not found: {user_id[:60]!r}")
        if change(person):
            return
    raise Conflict("The user was changed by other requests. Try again.")
