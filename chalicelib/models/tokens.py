"""API tokens, by their SHA-256: the token itself is shown once and never stored.

| access pattern | key condition | used by |
| --- | --- | --- |
| who holds a token | `key` | every signed-in request, as its one read |

A token carries a copy of its user's profile, so that authenticating costs one read. Whoever changes a profile
changes the copies in the same transaction.
"""

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
