"""The password of a user, an attribute of `models.users`, with all that ends when it changes."""

from pynamodb.transactions import TransactWrite

from chalicelib.models import account_links, users
from chalicelib.models.account_links import AccountLink
from chalicelib.models.base import transact
from chalicelib.models.sessions import Session, lasting
from chalicelib.models.tokens import Token
from chalicelib.models.users import User


def change(
    user: User,
    password: str,
    staying: str = "",
    once: int | None = None,
    revoke_tokens: bool = False,
    link: AccountLink | None = None,
) -> bool:
    """Set a user's password (its hash), and end all sessions except the one with the key `staying`. No device is known
    any more.

    `revoke_tokens` deletes all tokens, too. `once` makes it a one-time password that expires at this time, in seconds
    since 1970. `link` is used up in the same transaction. Returns False if the user was changed since they were read,
    or if the link was used or has expired.
    """
    known = lasting(user.session_places)
    remaining = {where for where, key in known.items() if key == staying}
    is_once = User.password_once.remove() if once is None else User.password_once.set(once)
    revoked = sorted(user.token_keys or ()) if revoke_tokens else []

    def fill(transaction: TransactWrite) -> None:
        account_links.take(transaction, link)
        for token in revoked:
            transaction.delete(Token(token))
        for key in known.values():
            if key != staying:
                transaction.delete(Session(key))
            elif user.password_once is not None:
                transaction.update(Session(key), [Session.password_once.set(False)], condition=Session.key.exists())
        places = User.session_places.set(remaining) if remaining else User.session_places.remove()
        tokens = [User.token_keys.remove()] if revoked else []
        fields = [User.password.set(password), is_once, places, User.device_secret.remove()]
        users.update_as_read(transaction, user, [*fields, *tokens])

    return not transact(fill)
