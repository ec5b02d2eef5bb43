"""Accounts: making users, and giving them tokens. Passwords and tokens are only stored as hashes."""

import re

from chalicelib.config import settings
from chalicelib.domain.ids import derived_id
from chalicelib.domain.tokens import digest, new_api_token
from chalicelib.errors import Conflict, ValidationFailed
from chalicelib.models.base import now, save_if
from chalicelib.models.tokens import Token
from chalicelib.models.users import User

# The id of a user follows from the e-mail, so that one e-mail can never have two users.
NAMESPACE = "6ba7b8119dad11d180b400c04fd430c8"  # uuid.NAMESPACE_URL

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def create_user(email: str, password: str | None = None, is_admin: bool = False) -> tuple[str, str]:
    """Make a user with an API token; returns (user id, token). Without a password nobody can sign in by one.

    Raises ValidationFailed for what is no e-mail, Conflict where it is taken.
    """
    address = email.strip().lower()
    if not _ADDRESS.fullmatch(address) or len(address) > 254 or not address.isprintable():
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    quota = settings().user_quota
    user = User(
        derived_id(NAMESPACE, f"mailto:{address}"),
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


def issue_token(user: User) -> str:
    """A new API token for a user: the only time that it is seen."""
    token = new_api_token()
    Token(
        digest(token),
        user_id=user.id,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        is_admin=user.is_admin,
        is_active=user.is_active,
        created=now(),
    ).save()
    return token


def hash_password(password: str) -> str:
    """What is stored of a password: its argon2id hash, with its parameters."""
    from argon2 import PasswordHasher  # its library is loaded only where passwords are

    return PasswordHasher().hash(password)
