"""The caller's sessions: listed and ended by a session only. IP addresses are not stored."""

from collections.abc import Callable

from chalicelib.config import settings
from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.identity import accounts
from chalicelib.identity.authentication import Identity
from chalicelib.models import sessions, users
from chalicelib.models.sessions import Session
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.credentials import OwnSession
from chalicelib.telemetry import Audited, audit

_RACES = 5


def listed(user: Identity, _: ListQuery) -> list[OwnSession]:
    """Return the caller's sessions, newest first. Two reads. Raises Forbidden for a caller with a token."""
    check_session(user)
    return [_row(user, session) for session in sessions.of_keys(_keys(accounts.own(user)))]


def check_session(user: Identity) -> None:
    """Raise Forbidden if the caller uses a token."""
    if not policy.has_session(user):
        raise Forbidden(f"Sessions are shown and ended by a session only. Sign in, and see {_page()}.")


def end(user: Identity, session_id: str) -> None:
    """End one of the caller's sessions, which may be the current one. Raises NotFound, and as `listed` does."""
    check_session(user)
    wanted = parse_id(session_id)
    if not _ended(user, lambda keys: {key for key in keys if sessions.id_of(key) == wanted}):
        raise NotFound(f"Session not found: {session_id[:60]!r}. It may have ended already.")


def end_others(user: Identity) -> None:
    """End all sessions of the caller but the current one. Idempotent. Raises as `listed` does."""
    check_session(user)
    _ended(user, lambda keys: keys - {user.session})


def _ended(user: Identity, which: Callable[[set[str]], set[str]]) -> int:
    """End those of a user's sessions that `which` chooses by their keys; returns their number."""
    for _ in range(_RACES):
        own = accounts.own(user)
        keys = which(_keys(own))
        if not keys:
            return 0
        if users.end_sessions(own, keys):
            audit(Audited.SESSIONS_ENDED, own.id, number=len(keys))
            return len(keys)
    raise Conflict("Your account was changed by other requests. Try again.")


def _keys(own: User) -> set[str]:
    return set(sessions.lasting(own.session_places).values())


def _page() -> str:
    return f"{settings().public_url}/settings/sessions/"


def _row(user: Identity, session: Session) -> OwnSession:
    return {
        "id": sessions.id_of(session.key),
        "device": session.device,
        "created": moment(session.created),
        "last_used": sessions.last_used(session),
        "current": user.session == session.key,
    }
