"""Sessions of those who signed in with a password, by the SHA-256 of their id, which only the browser has.

| access pattern | key condition | used by |
| --- | --- | --- |
| whose session it is | `key` | every request with a session cookie, as its one read |

A session carries a copy of its user's profile, as tokens do, and ends after two weeks: what is past `expires` counts as
gone before TTL removes it. `models.users` makes, changes and ends sessions, as the user knows where they are. One that
began with a one-time password says so, and is good for nothing but to choose another password.
"""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now

SECONDS = 14 * 24 * 3600  # of a session


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


def get(key: str) -> Session | None:
    """The session with this SHA-256, as long as it lasts."""
    session = find(Session, key)
    return session if session and session.expires > now().timestamp() else None


def place(session: Session) -> str:
    """What its user keeps of a session: its end and its key. In order, they are from the oldest to the newest."""
    return f"{int(session.expires):012d}#{session.key}"


def lasting(places: set[str] | None) -> dict[str, str]:
    """Of a user's places those of sessions that last, the oldest first, with their keys."""
    current = f"{int(now().timestamp()):012d}#~"
    return {place: place.partition("#")[2] for place in sorted(places or ()) if place > current}
