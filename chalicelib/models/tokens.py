"""API tokens, by their SHA-256. The token itself is shown once and never stored.

| access pattern | key condition | used by |
| --- | --- | --- |
| the owner of a token | `key` | every request with a token, as its only read |
| the tokens of a user | `key` (a batch, of `User.token_keys`) | `/api/user/me/tokens` |

A token has a copy of its user's profile, so that authentication takes one read. A change of the profile updates the
copies in the same transaction. A revoked token is deleted. An expired one is refused, and deleted when its user creates
another: no TTL deletes it, as that transaction updates all tokens that the user refers to.
"""

from collections.abc import Iterable

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now, read_many
from chalicelib.models.in_passing import update_in_passing


class Token(Table):
    class Meta:
        table_name = "tokens"

    key = UnicodeAttribute(hash_key=True)  # SHA-256 of the token, hex
    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    is_admin = BooleanAttribute(default=False)
    is_active = BooleanAttribute(default=True)
    created = UTCDateTimeAttribute()
    name = UnicodeAttribute(default="")  # missing in tokens of earlier versions, as what follows
    prefix = UnicodeAttribute(default="")  # the first characters of the token
    expires = NumberAttribute(null=True)  # seconds since 1970; None if it does not expire
    used = UnicodeAttribute(null=True)  # the day (UTC) of the last recorded use, as 2026-01-31
    form = UnicodeAttribute(null=True)  # the id of the form by which it was created: a form creates one token


def get(key: str) -> Token | None:
    """The token with this SHA-256."""
    return find(Token, key)


def of_keys(keys: Iterable[str]) -> list[Token]:
    """The tokens with these keys that exist, newest first. One read per 100."""
    found: list[Token] = read_many({Token: sorted(keys)})[Token]
    return sorted(found, key=lambda token: (token.created, token.key), reverse=True)


def has_expired(token: Token) -> bool:
    """Whether the time of a token is over."""
    return token.expires is not None and token.expires <= now().timestamp()


def record_use(token: Token) -> None:
    """Record that a token is used. Writes at most once a day; never fails, and hardly waits."""
    day = now().date().isoformat()
    if token.used == day:
        return
    as_read = Token.used == token.used if token.used else Token.used.does_not_exist()
    update_in_passing(Token(token.key), [Token.used.set(day)], Token.key.exists() & as_read)


def id_of(key: str) -> str:
    """The public id of a token with this key: an id like others, by which it can be named without using it."""
    return key[:32]


def ids_of(keys: Iterable[str]) -> list[str]:
    """The public ids of tokens."""
    return sorted(map(id_of, keys))
