"""How often somebody tried to sign in, so that nobody can try all passwords.

| access pattern | key condition | used by |
| --- | --- | --- |
| tries of an account or an address in this quarter of an hour | `key` | signing in, changing a password |

A try is counted before the password is looked at, and given back where it was right: so tries at once are counted too.
Every quarter of an hour has items of its own; TTL removes them.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, now, update_if

WINDOW = 15 * 60  # seconds


class SignInTries(Table):
    class Meta:
        table_name = "sign_in_tries"

    key = UnicodeAttribute(hash_key=True)  # whose, and the number of the quarter of an hour
    tries = NumberAttribute(default=0)
    expires = NumberAttribute()  # seconds since 1970


def take(name: str, most: int) -> str | None:
    """Count one try more: what gives it back, or None where there were so many already."""
    number = int(now().timestamp()) // WINDOW
    counter = SignInTries(f"{name}#{number}")
    actions = [SignInTries.tries.add(1), SignInTries.expires.set((number + 1) * WINDOW)]
    is_left = SignInTries.key.does_not_exist() | (SignInTries.tries < most)
    return str(counter.key) if update_if(counter, actions, is_left) else None


def give_back(key: str) -> None:
    """What was tried does not count."""
    update_if(SignInTries(key), [SignInTries.tries.add(-1)], SignInTries.tries > 0)


def seconds_left() -> int:
    """After how many seconds all may try again."""
    return WINDOW - int(now().timestamp()) % WINDOW
