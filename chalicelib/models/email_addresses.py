"""The user of each e-mail address. An address has one item, so it can never have two users.

| access pattern | key condition | used by |
| --- | --- | --- |
| the user of an address | `address` | signing in, inviting, operators' commands |

Users of earlier versions have no item here: their ids are derived from their addresses.
"""

from pynamodb.attributes import UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.models import account_links, users
from chalicelib.models.account_links import AccountLink
from chalicelib.models.base import Table, find, transact
from chalicelib.models.users import User


class EmailAddress(Table):
    class Meta:
        table_name = "email_addresses"

    address = UnicodeAttribute(hash_key=True)  # in lower case
    user_id = UnicodeAttribute()


def owner(address: str, derived_id: str) -> User | None:
    """The user of an address; `derived_id` is the id that a user of an earlier version would have.

    Two reads, whether there is a user or not, so that the time says nothing.
    """
    found = find(EmailAddress, address)
    user = users.get(str(found.user_id) if found else derived_id)
    return user if user and user.email == address else None


def save_user(user: User, derived_id: str, link: AccountLink | None = None) -> bool:
    """Save a new user unless the address has one. `link` is used up in the same transaction.

    Returns False if the address has a user, or if the link was used or has expired.
    """

    def fill(transaction: TransactWrite) -> None:
        transaction.condition_check(User, derived_id, condition=User.id.does_not_exist())
        account_links.take(transaction, link)
        transaction.save(EmailAddress(user.email, user_id=user.id), condition=EmailAddress.address.does_not_exist())
        transaction.save(user, condition=User.id.does_not_exist())

    return not transact(fill)
