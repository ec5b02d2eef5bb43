"""Accounts: making users, their tokens and passwords. Passwords and tokens are only stored as hashes."""

import re

from chalicelib.config import settings
from chalicelib.domain.ids import derived_id
from chalicelib.domain.tokens import digest, new_api_token, new_password
from chalicelib.errors import Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.models import users
from chalicelib.models.base import now, save_if
from chalicelib.models.tokens import Token
from chalicelib.models.users import MAX_TOKENS, User

# The id of a user follows from the e-mail, so that one e-mail can never have two users.
NAMESPACE = "6ba7b8119dad11d180b400c04fd430c8"  # uuid.NAMESPACE_URL

SHORTEST_PASSWORD = 8  # characters
LONGEST_PASSWORD = 1000  # characters
ONCE_SECONDS = 7 * 24 * 3600  # in which one can sign in by a one-time password
# Of a password that nobody knows: looking at it takes as long as at anybody's.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$1m5NTUSXJJdnTfAML/85Ew$QjW15ldKXicjWek2mSM8rTVGdU9x598cNjyWuSQ5Nhg"
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
        raise Conflict(f"A user with the e-mail address {address} already exists.")
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
    if len(user.token_keys or ()) >= MAX_TOKENS:
        raise Forbidden(f"This user already has the maximum of {MAX_TOKENS} API tokens.")
    token = new_api_token()
    if not users.add_token(user, Token(digest(token), user_id=user.id, created=now(), **users.profile_of(user))):
        raise Conflict("The user was changed by another request. Try again.")
    return token


def weakness(password: str, address: str) -> str | None:
    """A sentence about what makes a password too easy to guess, None where nothing does."""
    if len(password) < SHORTEST_PASSWORD:
        return f"This password is too short. It must have at least {SHORTEST_PASSWORD} characters."
    if len(password) > LONGEST_PASSWORD:
        return f"This password is too long. It must have at most {LONGEST_PASSWORD} characters."
    if password.isdecimal():
        return "This password is entirely numeric. Add letters."
    if password.strip().lower() in (address, address.partition("@")[0]):
        return "This password is your e-mail address. Choose another one."
    if len(set(password)) < 3:
        return "This password has too few different characters. Choose another one."
    return None


def set_password(address: str, password: str) -> None:
    """Give the user with this address another password; all of the user's sessions end.

    Raises ValidationFailed for a weak one, NotFound where there is no such user, Conflict after a lost race.
    """
    plain = plain_address(address)
    user = users.get(user_id_of(plain)) if plain else None
    if user is None:
        raise NotFound(f"User not found: {address.strip()[:254]!r}")
    change_password(user, password, "password")


def change_password(user: User, password: str, field: str, staying: str = "") -> None:
    """Give a user another password; all sessions end but the one with the key `staying`.

    Raises ValidationFailed about `field` for a weak one, Conflict where the user is not as it was read any more.
    """
    problem = weakness(password, user.email or "")
    if problem:
        raise ValidationFailed({field: [problem]})
    if not users.set_password(user, hash_password(password), staying):
        raise Conflict("The user was changed by another request. Try again.")


def give_one_time_password(email: str) -> str:
    """A new one-time password of the administrator with this e-mail, who is made where there is none; the only time
    that it is seen. Whoever signs in by it must choose another password first. All sessions end, and the API tokens of
    who was no administrator.

    Raises ValidationFailed for what is no e-mail, Conflict after a lost race.
    """
    address = plain_address(email)
    user = users.get(user_id_of(address)) if address else None
    user = user or users.get(create_user(email, is_admin=True)[0])
    if user and users.promote(user):
        user = users.get(user.id)
    password, ends = new_password(), int(now().timestamp()) + ONCE_SECONDS
    if user is None or not users.set_password(user, hash_password(password), once=ends):
        raise Conflict("The user was changed by another request. Try again.")
    return password


def hash_password(password: str) -> str:
    """What is stored of a password: its argon2id hash, with its parameters."""
    from argon2 import PasswordHasher  # its library is loaded only where passwords are

    return PasswordHasher().hash(password)


def is_password_of(user: User | None, password: str) -> bool:
    """Whether it is the user's password. To say no takes as long where there is no user, or none with a password."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    stored = user.password if user else None
    try:
        PasswordHasher().verify(stored or _NOBODYS, password)
    except VerifyMismatchError:
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a password is to be hashed anew: the parameters of today are others."""
    from argon2 import PasswordHasher

    return PasswordHasher().check_needs_rehash(stored)
