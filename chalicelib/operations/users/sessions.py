"""Signing in with a password, and out again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.tokens import digest, new_session_id
from chalicelib.errors import Busy, NotFound, NotSignedIn, TooManyAttempts, ValidationFailed
from chalicelib.identity import accounts, authentication
from chalicelib.identity.authentication import Identity
from chalicelib.models import sign_in_tries, users
from chalicelib.models.base import now
from chalicelib.models.sessions import SECONDS, Session
from chalicelib.models.users import User
from chalicelib.schemas.session import PasswordChange

# Wrong passwords within a quarter of an hour: for one account, and from one address, behind which a school may be.
MAX_TRIES_PER_ACCOUNT = 10
MAX_TRIES_PER_ADDRESS = 50
LOGIN_NOTED = timedelta(hours=1)  # how exactly `last_login` is kept
WRONG = "This e-mail address and password do not belong together, or the account is not active."
_RACES = 5


def sign_in(email: str, password: str, address: str) -> tuple[str, Identity]:
    """A new session: (its id, its user). `address` is where the request came from.

    Raises NotSignedIn, in the same words and after the same time whatever is wrong; TooManyAttempts.
    """
    account = accounts.plain_address(email)
    user = users.get(accounts.user_id_of(account)) if account else None
    if not _counted(account or email, address, lambda: _may_sign_in(user, password)) or user is None:
        raise NotSignedIn(WRONG)
    return start(user, password)


def start(user: User, password: str = "") -> tuple[str, Identity]:
    """A new session, as `sign_in` gives it, of a user, who has shown this password.

    Raises Busy where the user has another one meanwhile, or is not active any more: to try again will tell.
    """
    shown = user.password
    for _ in range(_RACES):
        session_id, moment = new_session_id(), now()
        ends = int(moment.timestamp()) + SECONDS
        profile = users.profile_of(user)
        once = user.password_once is not None
        session = Session(
            digest(session_id), user_id=user.id, created=moment, expires=ends, password_once=once, **profile
        )
        if users.add_session(user, session, _noted(user, password, moment)):
            return session_id, authentication.identity(session)
        found = users.get(user.id)
        if found is None or not found.is_active or found.password != shown:
            break
        user = found
    raise Busy("This account was changed at the same moment. Try again.")


def sign_out(session_id: str) -> None:
    """End a session, where it is one."""
    try:
        session = authentication.session_of(session_id)
    except NotSignedIn:
        return
    users.end_session(session)


def change_password(user: Identity, change: PasswordChange, address: str) -> None:
    """Change one's own password; one's other sessions end.

    Raises ValidationFailed for a wrong or a weak one, or a one-time password after its end (the session may be
    younger), TooManyAttempts, Conflict after a lost race.
    """
    own = users.get(user.user_id)
    if own is None:
        raise NotFound(f"User not found: {user.user_id}")
    if not _counted(own.email or own.id, address, lambda: accounts.is_password_of(own, change.old_password)):
        raise ValidationFailed({"old_password": ["This is not your password."]})
    if not users.may_sign_in(own):
        raise ValidationFailed({"old_password": ["This one-time password has expired. Ask for another one."]})
    if own.password_once is not None and change.new_password == change.old_password:
        raise ValidationFailed({"new_password": ["A one-time password cannot be kept. Choose another one."]})
    accounts.change_password(own, change.new_password, "new_password", current_session=user.session)


def _may_sign_in(user: User | None, password: str) -> bool:
    return accounts.is_password_of(user, password) and user is not None and users.may_sign_in(user)


def _noted(user: User, password: str, moment: datetime) -> dict[str, Any]:
    """What else changes of a user who signs in with a password."""
    fields: dict[str, Any] = {}
    if user.last_login is None or moment - user.last_login >= LOGIN_NOTED:
        fields["last_login"] = moment
    if password and accounts.is_outdated(user.password):
        fields["password"] = accounts.hash_password(password)
    return fields


def _counted(account: str, address: str, is_right: Callable[[], bool]) -> bool:
    """Whether it is right. What is not counts against the account and the address.

    Raises TooManyAttempts, without looking, where one of them has no try left.
    """
    taken: list[str] = []
    limits = {f"address {digest(address)}": MAX_TRIES_PER_ADDRESS, f"account {digest(account)}": MAX_TRIES_PER_ACCOUNT}
    for name, most in limits.items():
        key = sign_in_tries.take(name, most)
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
