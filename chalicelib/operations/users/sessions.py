"""Sign in with a password, sign out, and change the password."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.tokens import digest, new_session_id
from chalicelib.errors import Busy, NotFound, NotSignedIn, TooManyAttempts, ValidationFailed
from chalicelib.identity import accounts, authentication
from chalicelib.identity.authentication import Identity
from chalicelib.models import sign_in_tries, users
from chalicelib.models.base import now
from chalicelib.models.sessions import MAX_AGE, MAX_IDLE, Session
from chalicelib.models.users import User
from chalicelib.schemas.session import PasswordChange

# Wrong passwords per 15 minutes, per account and per IP address; a whole school may share one address.
MAX_TRIES_PER_ACCOUNT = 10
MAX_TRIES_PER_ADDRESS = 50
LAST_LOGIN_PRECISION = timedelta(hours=1)  # `last_login` is written at most this often
WRONG = "Wrong e-mail address or password, or the account is not active. Check both and try again."
_RACES = 5


def sign_in(email: str, password: str, address: str) -> tuple[str, Identity]:
    """Start a session and return (session ID, identity). `address` is the client's IP address.

    Raises TooManyAttempts, or NotSignedIn with the same message and timing for every cause.
    """
    account = accounts.plain_address(email)
    user = accounts.find(account) if account else None
    if not _check_limited(account or email, address, lambda: _may_sign_in(user, password)) or user is None:
        raise NotSignedIn(WRONG)
    return start(user, password)


def start(user: User, password: str = "") -> tuple[str, Identity]:
    """Start a session, as `sign_in` does, for a user authenticated by this password.

    Raises Busy if the password was changed or the user was deactivated meanwhile: a retry returns the precise error.
    """
    verified = user.password
    for _ in range(_RACES):
        session_id, moment = new_session_id(), now()
        profile = users.profile_of(user)
        once = user.password_once is not None
        second = int(moment.timestamp())
        session = Session(
            digest(session_id),
            user_id=user.id,
            created=moment,
            expires=second + MAX_AGE,
            idle_ends=second + MAX_IDLE,
            password_once=once,
            **profile,
        )
        if users.add_session(user, session, _fields_at_sign_in(user, password, moment)):
            return session_id, authentication.identity(session)
        found = users.get(user.id)
        if found is None or not found.is_active or found.password != verified:
            break
        user = found
    raise Busy("This account was changed at the same moment. Try again.")


def sign_out(session_id: str) -> None:
    """End a session; does nothing if it does not exist."""
    try:
        session = authentication.session_of(session_id)
    except NotSignedIn:
        return
    users.end_session(session)


def change_password(user: Identity, change: PasswordChange, address: str) -> None:
    """Change the caller's password, end the caller's other sessions and, if requested, revoke all API tokens.

    Raises ValidationFailed for a wrong or weak password or an expired one-time password (the session may outlive it),
    TooManyAttempts, Conflict after a lost race.
    """
    own = users.get(user.user_id)
    if own is None:
        raise NotFound(f"User not found: {user.user_id}")
    if not _check_limited(own.email or own.id, address, lambda: accounts.is_password_of(own, change.old_password)):
        raise ValidationFailed({"old_password": ["This is not your current password."]})
    if not users.may_sign_in(own):
        raise ValidationFailed({"old_password": ["This one-time password has expired. Request another one."]})
    if own.password_once is not None and change.new_password == change.old_password:
        raise ValidationFailed({"new_password": ["A one-time password cannot be reused. Choose another password."]})
    accounts.change_password(own, change.new_password, "new_password", user.session, change.revoke_tokens)


def _may_sign_in(user: User | None, password: str) -> bool:
    return accounts.is_password_of(user, password) and user is not None and users.may_sign_in(user)


def _fields_at_sign_in(user: User, password: str, moment: datetime) -> dict[str, Any]:
    """Return the fields of a user to update when the user signs in with a password."""
    fields: dict[str, Any] = {}
    if user.last_login is None or moment - user.last_login >= LAST_LOGIN_PRECISION:
        fields["last_login"] = moment
    if password and accounts.is_outdated(user.password):
        fields["password"] = accounts.hash_password(password)
    return fields


def _check_limited(account: str, address: str, is_right: Callable[[], bool]) -> bool:
    """Return whether the password is right. A wrong one counts against the account and the address.

    Raises TooManyAttempts without checking the password if either has no attempts left.
    """
    taken: list[str] = []
    limits = {f"address {digest(address)}": MAX_TRIES_PER_ADDRESS, f"account {digest(account)}": MAX_TRIES_PER_ACCOUNT}
    for name, limit in limits.items():
        key = sign_in_tries.take(name, limit)
        if key is None:
            _give_back(taken)
            seconds = sign_in_tries.seconds_left()
            raise TooManyAttempts(f"Too many wrong passwords. Try again in {-(-seconds // 60)} minutes.", seconds)
        taken.append(key)
    right = is_right()
    if right:
        _give_back(taken)
    return right


def _give_back(taken: list[str]) -> None:
    for key in taken:
        sign_in_tries.give_back(key)
