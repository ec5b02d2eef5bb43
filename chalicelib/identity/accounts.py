"""Accounts: creates users, API tokens and passwords. Only hashes of tokens and passwords are stored."""

import re
from typing import Any

from chalicelib.config import settings
from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.limits import TOKENS
from chalicelib.domain.tokens import digest, new_api_token, new_password, prefix_of
from chalicelib.errors import Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.identity import password_rules
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.models import email_addresses, tokens, user_passwords, users
from chalicelib.models.account_links import AccountLink
from chalicelib.models.base import now
from chalicelib.models.tokens import Token
from chalicelib.models.users import MAX_TOKENS, User
from chalicelib.telemetry import Audited, audit

NAMESPACE = "6ba7b8119dad11d180b400c04fd430c8"  # uuid.NAMESPACE_URL

BY_OPERATOR = "Created by an operator"  # the name of a token
SENT_TWICE = (
    "This form has created a token already, which was shown only then. If you did not copy it, revoke it and create "
    "another one."
)
MAX_ADDRESS = 254  # characters
ONE_TIME_SECONDS = 7 * 24 * 3600  # validity of a one-time password
# The hash of an unknown password: verifying against it takes as long as against a real one.
_DUMMY_HASH = "$argon2id$v=19$m=65536,t=3,p=4$1m5NTUSXJJdnTfAML/85Ew$QjW15ldKXicjWek2mSM8rTVGdU9x598cNjyWuSQ5Nhg"
_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+")  # nothing that separates addresses


def create_user(email: str, password: str | None = None, is_admin: bool = False) -> tuple[str, str]:
    """Create a user with an API token; returns (user ID, token). Without a password, the user cannot sign in with one.

    Raises ValidationFailed for an invalid e-mail address, Conflict if it is taken.
    """
    address = plain_address(email)
    if address is None:
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    quota = settings().user_quota
    user = User(
        new_id(),  # random: a later user of the same address inherits nothing
        email=address,
        password=hash_password(password) if password else None,
        is_admin=is_admin,
        disk_space=quota,
        disk_space_left=quota,
        date_joined=now(),
    )
    if not email_addresses.save_user(user, address_id(address)):
        raise Conflict(f"A user with the e-mail address {address} already exists.")
    audit(Audited.USER_CREATED, user.id, is_admin=is_admin)
    return user.id, issue_token(user)


def plain_address(email: str) -> str | None:
    """An e-mail address as it is stored, None if it is invalid."""
    address = email.strip().lower()
    is_one = _ADDRESS.fullmatch(address) and len(address) <= MAX_ADDRESS and address.isprintable()
    return address if is_one else None


def deliverable_address(email: str) -> str:
    """An e-mail address as it is stored, if mail could be delivered to it: its domain may exist, but is not looked up.

    Raises ValidationFailed.
    """
    from email_validator import EmailNotValidError, validate_email  # only when somebody registers

    try:
        checked = validate_email(email.strip()[: MAX_ADDRESS + 1], check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValidationFailed({"email": [f"Enter a valid e-mail address. {error}"]}) from error
    address = plain_address(checked.normalized)
    if address is None:
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    return address


def address_id(address: str) -> str:
    """The id derived from an address: of its user if an earlier version created the user, and of invitations to it."""
    return derived_id(NAMESPACE, f"mailto:{address}")


def find(address: str) -> User | None:
    """The user with this address, as `plain_address` returns it. Two reads."""
    return email_addresses.owner(address, address_id(address))


def issue_token(user: User) -> str:
    """Create an API token for a user, as an operator. Raises as `create_token` does."""
    return create_token(user, name=BY_OPERATOR)[0]


def create_token(user: User, session: str = "", **details: Any) -> tuple[str, Token]:
    """Create an API token for a user; returns (the token, what is stored: only its hash and first characters).

    `details` are name, expiry and form. With `session`, the session with this key must still exist. Expired tokens of
    the user are deleted. Raises Conflict if the session has ended, if the user's profile has changed since it was read,
    or if the form has created a token already; Forbidden if the user has too many tokens; LimitReached if too many were
    created today.
    """
    known = tokens.of_keys(user.token_keys or ())
    ended = [token.key for token in known if tokens.has_expired(token)]
    if details.get("form") and details["form"] in [token.form for token in known]:
        raise Conflict(SENT_TWICE)
    if len(user.token_keys or ()) - len(ended) >= MAX_TOKENS:
        raise Forbidden(f"This user already has the maximum of {MAX_TOKENS} API tokens. Revoke one that is not used.")
    token = new_api_token()
    copies = users.profile_of(user)
    stored = Token(digest(token), user_id=user.id, created=now(), prefix=prefix_of(token), **copies, **details)
    with counted(TOKENS, user.id):
        if not users.add_token(user, stored, ended, session):
            raise Conflict("The user was changed by another request. Try again.")
    audit(Audited.TOKEN_CREATED, user.id, token=tokens.id_of(stored.key))
    return token, stored


def set_password(address: str, password: str) -> None:
    """Set the password of the user with this address and end all sessions.

    Raises ValidationFailed for a weak password, NotFound for an unknown user, Conflict after a lost race.
    """
    change_password(user_with(address), password, "password")


def own(caller: Identity) -> User:
    """The stored user of a caller. One read. Raises NotFound."""
    user = users.get(caller.user_id)
    if user is None:
        raise NotFound(f"User not found: {caller.user_id}")
    return user


def user_with(email: str) -> User:
    """The user with this e-mail address.

    Raises NotFound.
    """
    plain = plain_address(email)
    user = find(plain) if plain else None
    if user is None:
        raise NotFound(f"User not found: {email.strip()[:254]!r}")
    return user


def change_password(
    user: User,
    password: str,
    field: str,
    current_session: str = "",
    revoke_tokens: bool = False,
    link: AccountLink | None = None,
) -> None:
    """Set the password of a user and end all sessions except the one with the key `current_session`. `revoke_tokens`
    revokes all API tokens, too. `link` is used up.

    Raises ValidationFailed for `field` if the password is weak, Conflict if the user has changed since it was read, or
    if the link is not valid any more.
    """
    problem = password_rules.problem(password, user.email or "")
    if problem:
        raise ValidationFailed({field: [problem]})
    if not user_passwords.change(
        user, hash_password(password), current_session, revoke_tokens=revoke_tokens, link=link
    ):
        raise Conflict("The user was changed by another request. Try again.")
    audit(Audited.PASSWORD_CHANGED, user.id)
    if revoke_tokens and user.token_keys:
        audit(Audited.TOKENS_REVOKED, user.id, tokens=tokens.ids_of(user.token_keys))


def give_one_time_password(email: str) -> str:
    """Set a one-time password for the administrator with this e-mail address and return it. It must be changed after
    signing in. The user is created if necessary. All sessions end; a user who was not an administrator becomes one and
    loses all API tokens.

    Raises ValidationFailed for an invalid e-mail address, Conflict after a lost race.
    """
    address = plain_address(email)
    user = find(address) if address else None
    user = user or users.get(create_user(email, is_admin=True)[0])
    was_admin = user is not None and users.is_administrator(user)
    if user and users.promote(user):
        if not was_admin:
            audit(Audited.ADMIN_GRANTED, user.id)
        user = users.get(user.id)
    password, ends = new_password(), int(now().timestamp()) + ONE_TIME_SECONDS
    if user is None or not user_passwords.change(user, hash_password(password), once=ends):
        raise Conflict("The user was changed by another request. Try again.")
    audit(Audited.PASSWORD_CHANGED, user.id, is_once=True)
    return password


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters."""
    from argon2 import PasswordHasher  # imported only when a password is used

    return PasswordHasher().hash(password)


def is_password_of(user: User | None, password: str) -> bool:
    """Whether it is the user's password. Takes as long if there is no user, or the user has no password."""
    return is_hash_of(user.password if user else None, password)


def is_hash_of(stored: str | None, password: str) -> bool:
    """Whether `stored` is a hash of this password. Takes as long if there is none."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    try:
        PasswordHasher().verify(stored or _DUMMY_HASH, password)
    except VerifyMismatchError:
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a password must be hashed again, because the parameters have changed."""
    from argon2 import PasswordHasher

    return PasswordHasher().check_needs_rehash(stored)
