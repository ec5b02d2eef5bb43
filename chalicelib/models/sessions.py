"""Sessions of users who signed in with a password, by the SHA-256 of the session id, which only the browser has.

| access pattern | key condition | used by |
| --- | --- | --- |
| a session | `key` | every request with a session cookie, as its only read |

A session has a copy of its user's profile, like tokens. It ends after two weeks without a request (`idle_ends`), and
after 90 days in any case (`expires`); ended sessions are ignored even before TTL deletes them. `models.users` creates,
changes and ends sessions, as users have references to them. A session that started with a one-time password
(`password_once`) is only valid for choosing another password.
"""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now
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


def get(key: str) -> Session | None:
    """The session with this SHA-256, unless it has ended."""
    session = find(Session, key)
    if session is None:
        return None
    ends = session.expires if session.idle_ends is None else min(session.expires, session.idle_ends)
    return session if ends > now().timestamp() else None


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
