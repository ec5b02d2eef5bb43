"""Deleting users: a mark that ends every access at once, and the removal of the user after everything else.

The marked item stays until the end, so that an interrupted deletion is found again.
"""

from pynamodb.transactions import TransactWrite

from chalicelib.models import users
from chalicelib.models.base import now, transact
from chalicelib.models.email_addresses import EmailAddress
from chalicelib.models.users import User


def mark(user: User, *administrators: str) -> bool:
    """Mark a user as being deleted: deactivated for good, without names and password. All tokens and sessions end in
    the same transaction.

    `administrators` must be active administrators. Returns False if one is not, or if the user was changed or marked
    since they were read.
    """
    removed = [attribute.remove() for attribute in (User.password, User.password_once, User.limits, User.last_login)]
    profile = {"is_active": False, "is_admin": False, "first_name": "", "last_name": ""}
    return users.change_profile(user, [User.deleting_since.set(now()), *removed], profile, *administrators)


def is_marked(user: User | None) -> bool:
    """Whether a user is being deleted."""
    return user is not None and user.deleting_since is not None


def remove(user: User) -> bool:
    """Delete a marked user, whose address another user may have from then on. Idempotent.

    Returns False if the address has another user, or the user is not marked.
    """

    def fill(transaction: TransactWrite) -> None:
        if user.email:
            is_own = (EmailAddress.user_id == user.id) | EmailAddress.address.does_not_exist()
            transaction.delete(EmailAddress(user.email), condition=is_own)
        transaction.delete(User(user.id), condition=User.deleting_since.exists() | User.id.does_not_exist())

    return not transact(fill)
