"""Sign in with a password, sign out, and change the password."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import mail
from chalicelib.domain.browsers import described
from chalicelib.domain.tokens import digest, new_session_id
from chalicelib.errors import Busy, NotFound, NotSignedIn, TooManyAttempts, ValidationFailed
from chalicelib.identity import accounts, authentication, devices
from chalicelib.identity.authentication import Identity
from chalicelib.mails import messages
from chalicelib.models import users
from chalicelib.models.base import now
from chalicelib.models.sessions import MAX_AGE, MAX_IDLE, Session
from chalicelib.models.users import User
from chalicelib.operations.accounts import attempts
from chalicelib.schemas.session import PasswordChange
from chalicelib.telemetry import Audited, audit, know

LAST_LOGIN_PRECISION = timedelta(hours=1)  # `last_login` is written at most this often
WRONG = "Wrong e-mail address or password, or the account is not active. Check both and try again."
_RACES = 5


@dataclass(frozen=True)
class SignedIn:
    """A new session: its secret ID, the user, and the cookie by which the device is recognised next time."""

    session_id: str = field(repr=False)
    user: Identity
    device: str = field(repr=False)


def sign_in(email: str, password: str, address: str, device_cookie: str = "", agent: str = "") -> SignedIn:
    """Start a session. `address` is the client's IP address, `agent` its User-Agent.

    Raises TooManyAttempts, or NotSignedIn with the same message and timing for every cause.
    """
    account = accounts.plain_address(email)
    user = accounts.find(account) if account else None
    device = devices.known(device_cookie, user)

    def may_sign_in() -> bool:
        return accounts.is_password_of(user, password) and user is not None and users.may_sign_in(user)

    subject = user.id if user else ""  # never what was typed as the address: it may be a password
    with _audited(subject, Audited.SIGN_IN_THROTTLED):
        if device:
            is_right = attempts.by_device(device, may_sign_in)
        else:
            is_right = attempts.by_stranger(account or email, address, may_sign_in)
    if not is_right or user is None:
        audit(Audited.SIGN_IN_FAILED, subject)
        raise NotSignedIn(WRONG)
    session_id, identity, found = _started(user, password, agent)
    know(user=identity.user_id)
    audit(Audited.SIGNED_IN, identity.user_id)
    return SignedIn(session_id, identity, devices.cookie_of(found, device))


def start(user: User, agent: str = "") -> tuple[str, Identity]:
    """Start a session for a user who is authenticated already; returns (session ID, identity).

    Raises Busy if the password was changed or the user was deactivated meanwhile.
    """
    session_id, identity, _ = _started(user, agent=agent)
    return session_id, identity


def start_on_device(user: User, agent: str = "") -> SignedIn:
    """Start a session as `start` does, in a browser that is recognised from now on."""
    session_id, identity, found = _started(user, agent=agent)
    know(user=identity.user_id)
    audit(Audited.SIGNED_IN, identity.user_id)
    return SignedIn(session_id, identity, devices.cookie_of(found))


def _started(user: User, password: str = "", agent: str = "") -> tuple[str, Identity, User]:
    """Start a session for a user authenticated by this password; returns the user as stored, too.

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
            device=described(agent),
            **profile,
        )
        fields = _fields_at_sign_in(user, password, moment)
        if users.add_session(user, session, fields):
            user.device_secret = fields.get("device_secret", user.device_secret)
            return session_id, authentication.identity(session), user
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


def change_password(user: Identity, change: PasswordChange) -> None:
    """Change the caller's password, end the caller's other sessions and, if requested, revoke all API tokens.

    Raises ValidationFailed for a wrong or weak password or an expired one-time password (the session may outlive it),
    TooManyAttempts, Conflict after a lost race.
    """
    own = users.get(user.user_id)
    if own is None:
        raise NotFound(f"User not found: {user.user_id}")
    with _audited(own.id, Audited.PASSWORD_CHANGE_THROTTLED):
        is_right = attempts.by_device(user.session, lambda: accounts.is_password_of(own, change.old_password))
    if not is_right:
        audit(Audited.PASSWORD_CHANGE_FAILED, own.id)
        raise ValidationFailed({"old_password": ["This is not your current password."]})
    if not users.may_sign_in(own):
        raise ValidationFailed({"old_password": ["This one-time password has expired. Request another one."]})
    if own.password_once is not None and change.new_password == change.old_password:
        raise ValidationFailed({"new_password": ["A one-time password cannot be reused. Choose another password."]})
    accounts.change_password(own, change.new_password, "new_password", user.session, change.revoke_tokens)
    mail.notify(str(own.email), messages.password_changed(change.revoke_tokens))


@contextmanager
def _audited(subject: str, throttled: Audited) -> Iterator[None]:
    """Audit that there are no attempts left."""
    try:
        yield
    except TooManyAttempts:
        audit(throttled, subject)
        raise


def _fields_at_sign_in(user: User, password: str, moment: datetime) -> dict[str, Any]:
    """Return the fields of a user to update when the user signs in with a password."""
    fields: dict[str, Any] = {}
    if user.last_login is None or moment - user.last_login >= LAST_LOGIN_PRECISION:
        fields["last_login"] = moment
    if user.device_secret is None:
        fields["device_secret"] = devices.new_secret()
    if password and accounts.is_outdated(user.password):
        fields["password"] = accounts.hash_password(password)
    return fields
