"""Links that are mailed to confirm a registration or to choose a password, by the SHA-256 of their secret key.

| access pattern | key condition | used by |
| --- | --- | --- |
| the link of a key | `key` | confirming a registration, choosing a password |

A link is valid once: the transaction that does what it is for deletes it, on condition that it is still there and has
not expired. Expired links are ignored even before TTL deletes them. A registration is nothing but its link: it takes no
address and has no user, so any number of them can wait for the same address, and the first to be confirmed gets it.
Links for addresses without a user (or, to register, with one) are stored too, and can do nothing: so the same requests
cost the same calls.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.models.base import Table, find, now

REGISTER = "register"
PASSWORD = "password"  # noqa: S105 - what a link is for


class AccountLink(Table):
    class Meta:
        table_name = "account_links"

    key = UnicodeAttribute(hash_key=True)  # SHA-256 of the secret, hex
    purpose = UnicodeAttribute()  # REGISTER or PASSWORD
    email = UnicodeAttribute()  # in lower case
    first_name = UnicodeAttribute(default="")  # of a registration
    last_name = UnicodeAttribute(default="")
    password = UnicodeAttribute(null=True)  # argon2 hash, of a registration
    next = UnicodeAttribute(null=True)  # the path to continue at after registering
    user_id = UnicodeAttribute(null=True)  # whose password may be chosen
    password_was = UnicodeAttribute(null=True)  # SHA-256 of that user's password (its hash) when the link was made
    created = UTCDateTimeAttribute()
    expires = NumberAttribute()  # seconds since 1970


def add(link: AccountLink) -> None:
    """Save a new link."""
    link.save()


def get(key: str, purpose: str) -> AccountLink | None:
    """The link with this SHA-256 for this purpose, unless it has expired."""
    link = find(AccountLink, key)
    return link if link and link.purpose == purpose and link.expires > now().timestamp() else None


def take(transaction: TransactWrite, link: AccountLink | None) -> None:
    """Use a link up, if there is one. The transaction fails if it was used or has expired meanwhile."""
    if link is None:
        return
    is_valid = AccountLink.key.exists() & (AccountLink.expires > int(now().timestamp()))
    transaction.delete(AccountLink(link.key), condition=is_valid)
