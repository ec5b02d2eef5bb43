"""Accounts: making users, and giving them tokens. Passwords and tokens are only stored as hashes."""

import re

from chalicelib.config import settings
from chalicelib.domain.ids import derived_id
from chalicelib.domain.tokens import digest, new_api_token
from chalicelib.errors import Conflict, Forbidden, ValidationFailed
from chalicelib.models import users
from chalicelib.models.base import now, save_if
from chalicelib.models.tokens import Token
from chalicelib.models.users import PROFILE, User

# The id of a user follows from the e-mail, so that one e-mail can never have two users.
NAMESPACE = "6ba7b8119dad11d180b400c04fd430c8"  # uuid.NAMESPACE_URL

MOST_TOKENS = 90  # of a user: all of them change in one transaction
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def create_user(email: str, password: str | None = None, is_admin: bool = False) -> tuple[str, str]:
    """Make a user with an API token; returns (user id, token). Without a password nobody can sign in by one.

    Raises ValidationFailed for what is no e-mail, Conflict where it is taken.
    """
    address = plain_address(email)
    if address is None:
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    quota = settings().user_quota
    user = User(
        user_id_of(address),
        email=address,
        password=hash_password(password) if password else None,
        is_admin=is_admin,
        disk_space=quota,
        disk_space_left=quota,
        date_joined=now(),
    )
    if not save_if(user, User.id.does_not_exist()):
        raise Conflict(f"There is a user {address} already.")
    return user.id, issue_token(user)


def plain_address(email: str) -> str | None:
    """An e-mail address as it is stored, None where it is none."""
    address = email.strip().lower()
    is_one = _ADDRESS.fullmatch(address) and len(address) <= 254 and address.isprintable()
    return address if is_one else None


def user_id_of(address: str) -> str:
    """The id that the user with this address has, or will have."""
    return derived_id(NAMESPACE, f"mailto:{address}")


def issue_token(user: User) -> str:
    """A new API token for a user: the only time that it is seen.

    Raises Conflict where the user's profile is not as it was read any more, Forbidden where there are too many.
    """
    if len(user.token_keys or ()) >= MOST_TOKENS:
        raise Forbidden(f"There are {MOST_TOKENS} tokens of this user already.")
    token = new_api_token()
    profile = {name: getattr(user, name) for name in PROFILE}
    if not users.add_token(user, Token(digest(token), user_id=user.id, created=now(), **profile)):
        raise Conflict("The user was changed by someone else just now. Try again.")
    return token


def hash_password(password: str) -> str:
    """What is stored of a password: its argon2id hash, with its parameters."""
    from argon2 import PasswordHasher  # its library is loaded only where passwords are

    return PasswordHasher().hash(password)
