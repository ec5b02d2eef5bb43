"""Registering: a request by anybody, confirmed by whoever reads the mail and knows the password.

Nothing in an answer or in its time says whether an address has an account: each request hashes one password, makes the
same calls, stores one link and sends one mail, which alone says what comes next.
"""

from dataclasses import dataclass

from chalicelib.aws import mail
from chalicelib.config import settings
from chalicelib.domain.ids import new_id
from chalicelib.domain.tokens import digest, is_link_key, new_link_key
from chalicelib.errors import Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.identity import accounts, password_rules
from chalicelib.identity.accounts import address_id
from chalicelib.mails import messages
from chalicelib.mails.mail import Mail
from chalicelib.models import account_links, email_addresses, invitations
from chalicelib.models.account_links import REGISTER, AccountLink
from chalicelib.models.base import now
from chalicelib.models.users import User
from chalicelib.operations.accounts import attempts, sessions
from chalicelib.operations.accounts.mail_requests import counted_mail
from chalicelib.operations.accounts.sessions import SignedIn
from chalicelib.schemas.next_page import safe_next
from chalicelib.schemas.registration import Mode, Registration
from chalicelib.telemetry import Audited, audit

LINK_SECONDS = 24 * 3600  # validity of a link
GONE = (
    "This link is not valid: it was used already, it is older than a day, or a part of it is missing. "
    "Sign in, or register again."
)
_CLOSED = "Registration is closed here. Ask an administrator for an account."
_WRONG = "This is not the password that was chosen for this registration. Try again, or register again."
_NOT_INVITED = "Registration is by invitation, and the invitation to this address was withdrawn. Ask its sender."
_TAKEN = "This address has an account already. Sign in, or reset your password."


@dataclass(frozen=True)
class Confirmed:
    """A new user, signed in, and the path to continue at."""

    signed_in: SignedIn
    next: str


def mode() -> Mode:
    """Who may register: `open` for everybody, `invitation` for invited addresses, `closed`, also without mail."""
    chosen: Mode = settings().registration  # type: ignore[assignment]
    return chosen if mail.can_send() else "closed"


def request(sent: Registration, address: str) -> str:
    """Mail a link that confirms a registration, requested from the IP address `address`; returns the e-mail address.

    If the address has an account, or may not register, the mail says so instead. Raises Forbidden if registration is
    closed, ValidationFailed for an invalid address or a weak password, LimitReached, Busy if the mail cannot be sent.
    """
    require_open()
    email = accounts.deliverable_address(sent.email)
    problem = password_rules.problem(sent.password, email)
    if problem:
        raise ValidationFailed({"password": [problem]})
    with counted_mail(email, address):
        key, hashed = new_link_key(), accounts.hash_password(sent.password)
        account_links.add(_link(key, email, hashed, sent))
        has_account, may_register = accounts.find(email) is not None, _may_register(email)
        mail.send(email, _message(key, has_account, may_register))
    return email


def pending(key: str) -> AccountLink:
    """The registration that a link confirms. Reading it uses nothing up: mail scanners open links.

    Raises Forbidden if registration is closed, NotFound for a link that is not valid.
    """
    require_open()
    link = _link_of(key)
    if link is None:
        raise NotFound(GONE)
    return link


def confirm(key: str, password: str, agent: str = "") -> Confirmed:
    """Create the user of a registration and sign in. `password` is the one chosen when registering: so nobody confirms
    what a stranger has requested for their address.

    Raises ValidationFailed for a link that is not valid or another password, TooManyAttempts, Conflict if the address
    has an account by now, Forbidden if registration is closed or no longer open to the address.
    """
    require_open()
    link = _link_of(key)
    if link is None:
        raise ValidationFailed({"key": [GONE]})
    if not attempts.by_device(link.key, lambda: accounts.is_hash_of(link.password, password)):
        raise ValidationFailed({"password": [_WRONG]})
    if not _may_register(link.email):
        raise Forbidden(_NOT_INVITED)
    user = _new_user(link)
    if not email_addresses.save_user(user, address_id(link.email), link):
        raise Conflict(_TAKEN) if _link_of(key) else ValidationFailed({"key": [GONE]})
    audit(Audited.USER_CREATED, user.id, is_admin=False, is_registered=True)
    return Confirmed(sessions.start_on_device(user, agent), safe_next(link.next))


def require_open() -> None:
    """Raises Forbidden if registration is closed."""
    if mode() == "closed":
        raise Forbidden(_CLOSED)


def _link_of(key: str) -> AccountLink | None:
    return account_links.get(digest(key), REGISTER) if is_link_key(key) else None


def _link(key: str, email: str, hashed: str, sent: Registration) -> AccountLink:
    moment = now()
    return AccountLink(
        digest(key),
        purpose=REGISTER,
        email=email,
        first_name=sent.first_name,
        last_name=sent.last_name,
        password=hashed,
        next=safe_next(sent.next),
        created=moment,
        expires=int(moment.timestamp()) + LINK_SECONDS,
    )


def _may_register(email: str) -> bool:
    """Whether the mode allows this address: with `invitation`, one that has an invitation to answer."""
    if mode() == "open":
        return True
    return any(not invitations.is_decided(one) for one in invitations.of_user({address_id(email)}))


def _message(key: str, has_account: bool, may_register: bool) -> Mail:
    if has_account:
        return messages.has_account()
    return messages.registration(key) if may_register else messages.not_invited()


def _new_user(link: AccountLink) -> User:
    quota = settings().registered_quota
    return User(
        new_id(),
        email=link.email,
        password=link.password,
        first_name=link.first_name,
        last_name=link.last_name,
        disk_space=quota,
        disk_space_left=quota,
        date_joined=now(),
    )
