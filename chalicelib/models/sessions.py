"""Sessions of users who signed in with a password, by the SHA-256 of the session id, which only the browser has.

| access pattern | key condition | used by |
| --- | --- | --- |
| a session | `key` | every request with a session cookie, as its only read |
| the sessions of a user | `key` (a batch, of `User.session_places`) | `/api/user/me/sessions` |

A session has a copy of its user's profile, like tokens. It ends after two weeks without a request (`idle_ends`), and
after 90 days in any case (`expires`); ended sessions are ignored even before TTL deletes them. `models.users` creates,
changes and ends sessions, as users have references to them. A session that started with a one-time password
(`password_once`) is only valid for choosing another password.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now, read_many
from chalicelib.models.in_passing import update_in_passing

MAX_IDLE = 14 * 24 * 3600  # seconds that a session lasts without a request
MAX_AGE = 90 * 24 * 3600  # seconds that a session lasts at most
KEEP_EVERY = 24 * 3600  # seconds: its use is recorded at most this often


class Session(Table):
    class Meta:
        table_name = "sessions"

    key = UnicodeAttribute(hash_key=True)  # SHA-256 of the id, hex
    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    is_admin = BooleanAttribute(default=False)
    is_active = BooleanAttribute(default=True)
    password_once = BooleanAttribute(default=False)
    created = UTCDateTimeAttribute()
    expires = NumberAttribute()  # seconds since 1970
    idle_ends = NumberAttribute(null=True)  # seconds since 1970; missing in sessions of earlier versions
    device = UnicodeAttribute(default="")  # browser and system in words, as `domain.browsers` has them


def get(key: str) -> Session | None:
    """The session with this SHA-256, unless it has ended."""
    session = find(Session, key)
    return None if session is None or _has_ended(session) else session


def of_keys(keys: Iterable[str]) -> list[Session]:
    """The sessions with these keys that have not ended, newest first. One read per 100."""
    found: list[Session] = read_many({Session: sorted(keys)})[Session]
    current = [session for session in found if not _has_ended(session)]
    return sorted(current, key=lambda session: (session.created, session.key), reverse=True)


def _has_ended(session: Session) -> bool:
    ends = session.expires if session.idle_ends is None else min(session.expires, session.idle_ends)
    return bool(ends <= now().timestamp())


def id_of(key: str) -> str:
    """The public id of a session with this key, which signs nobody in."""
    return key[:32]


def last_used(session: Session) -> str | None:
    """The day (UTC) of the last recorded use, as 2026-01-31; None for sessions of earlier versions."""
    if session.idle_ends is None:
        return None
    return datetime.fromtimestamp(int(session.idle_ends) - MAX_IDLE, UTC).date().isoformat()


def keep(session: Session) -> None:
    """Record that a session is used. Writes at most once a day; never fails, and hardly waits.

    It does nothing if the session has ended meanwhile.
    """
    ends = int(now().timestamp()) + MAX_IDLE
    if session.idle_ends is not None and session.idle_ends <= ends - KEEP_EVERY:
        as_read = Session.idle_ends == session.idle_ends
        update_in_passing(Session(session.key), [Session.idle_ends.set(ends)], as_read)


def place(session: Session) -> str:
    """The reference to a session that is stored on its user: expiry and key. References sort from oldest to newest."""
    return f"{int(session.expires):012d}#{session.key}"


def lasting(places: set[str] | None) -> dict[str, str]:
    """The keys of a user's unexpired sessions by reference, oldest first."""
    current = f"{int(now().timestamp()):012d}#~"
    return {place: place.partition("#")[2] for place in sorted(places or ()) if place > current}
