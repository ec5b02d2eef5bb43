"""API tokens, by their SHA-256. The token itself is shown once and never stored.

| access pattern | key condition | used by |
| --- | --- | --- |
| the owner of a token | `key` | every request with a token, as its only read |

A token has a copy of its user's profile, so that authentication takes one read. A change of the profile updates the
copies in the same transaction. A revoked token is deleted.
"""

from collections.abc import Iterable

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find


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


def get(key: str) -> Token | None:
    """The token with this SHA-256."""
    return find(Token, key)


def id_of(key: str) -> str:
    """The public id of a token with this key: an id like others, by which it can be named without using it."""
    return key[:32]


def ids_of(keys: Iterable[str]) -> list[str]:
    """The public ids of tokens."""
    return sorted(map(id_of, keys))
