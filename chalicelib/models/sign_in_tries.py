"""Counters of sign-in attempts, against guessing passwords.

| access pattern | key condition | used by |
| --- | --- | --- |
| attempts for an account or from an address in the current 15 minutes | `key` | signing in, changing a password |

An attempt is counted before the password is checked, and uncounted if it was correct, so that parallel attempts count.
Every window of 15 minutes has its own items; TTL deletes them.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, now, update_if

WINDOW = 15 * 60  # seconds


class SignInTries(Table):
    class Meta:
        table_name = "sign_in_tries"

    key = UnicodeAttribute(hash_key=True)  # "<account or address>#<number of the window>"
    tries = NumberAttribute(default=0)
    expires = NumberAttribute()  # seconds since 1970


def take(name: str, limit: int) -> str | None:
    """Count an attempt. Returns the key for `give_back`, or None if there are already `limit` attempts."""
    number = int(now().timestamp()) // WINDOW
    counter = SignInTries(f"{name}#{number}")
    actions = [SignInTries.tries.add(1), SignInTries.expires.set((number + 1) * WINDOW)]
    is_left = SignInTries.key.does_not_exist() | (SignInTries.tries < limit)
    return str(counter.key) if update_if(counter, actions, is_left) else None


def give_back(key: str) -> None:
    """Uncount an attempt."""
    update_if(SignInTries(key), [SignInTries.tries.add(-1)], SignInTries.tries > 0)


def seconds_left() -> int:
    """The number of seconds until the current window ends."""
    return WINDOW - int(now().timestamp()) % WINDOW
