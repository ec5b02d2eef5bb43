"""Choosing a password by a link in a mail: for users who forgot theirs, and for those whom an operator made.

As for registering (`registration`), nothing says whether an address has an account. A link ends with any change of the
password, so that of several links only one can be used.
"""

from contextlib import suppress

from chalicelib.aws import mail
from chalicelib.config import settings
from chalicelib.domain.tokens import digest, is_link_key, new_link_key
from chalicelib.errors import Busy, Conflict, Forbidden, NotFound, ValidationFailed
from chalicelib.identity import accounts, devices
from chalicelib.identity.accounts import ONE_TIME_SECONDS
from chalicelib.mails import messages
from chalicelib.mails.mail import Mail
from chalicelib.models import account_links, users
from chalicelib.models.account_links import PASSWORD, AccountLink
from chalicelib.models.base import now
from chalicelib.models.users import User
from chalicelib.operations.accounts.mail_requests import counted_mail
from chalicelib.operations.accounts.registration import LINK_SECONDS, mode

GONE = (
    "This link is not valid: it was used already, it is too old, the password has been changed since, or a part of "
    "it is missing. Request another link."
)
_NO_MAIL = "This server sends no mail. Ask an administrator for a link."


def request_reset(email: str, address: str, device_cookie: str = "") -> str:
    """Mail a link to choose a password, requested from the IP address `address`; returns the e-mail address.
    A known device of the account gets one although others have used up the mails to it.

    If the address has no active account, the mail says so instead. Raises Forbidden if no mail can be sent,
    ValidationFailed for an invalid address, LimitReached, Busy if the mail cannot be sent.
    """
    require_mail()
    plain = accounts.plain_address(email)
    if plain is None:
        raise ValidationFailed({"email": ["Enter a valid e-mail address."]})
    user = accounts.find(plain)
    with counted_mail(plain, address, devices.known(device_cookie, user)):
        key = new_link_key()
        account_links.add(_link(key, plain, user, LINK_SECONDS))
        mail.send(plain, _message(key, user))
    return plain


def require_mail() -> None:
    """Raises Forbidden if no mail can be sent."""
    if not mail.can_send():
        raise Forbidden(_NO_MAIL)


def owner(key: str) -> User:
    """The user whose password a link lets choose. Reading it uses nothing up: mail scanners open links.

    Raises NotFound for a link that is not valid.
    """
    found = _found(key)
    if found is None:
        raise NotFound(GONE)
    return found[1]


def choose(key: str, password: str, revoke_tokens: bool = False) -> None:
    """Set the password of a link's user and end all sessions. API tokens stay valid unless `revoke_tokens`: chefs run
    with them unattended.

    Raises ValidationFailed for a link that is not valid or a weak password, Conflict after a lost race.
    """
    found = _found(key)
    if found is None:
        raise ValidationFailed({"key": [GONE]})
    link, user = found
    try:
        accounts.change_password(user, password, "new_password", revoke_tokens=revoke_tokens, link=link)
    except Conflict as error:
        if _found(key) is None:
            raise ValidationFailed({"key": [GONE]}) from error
        raise
    mail.notify(str(user.email), messages.password_changed(revoke_tokens))


def link_of_operator(email: str) -> tuple[str, bool]:
    """A link to choose a password, valid for a week, for a user whom an operator made; and whether it was mailed.

    Raises NotFound for an unknown user.
    """
    user, key = accounts.user_with(email), new_link_key()
    account_links.add(_link(key, str(user.email), user, ONE_TIME_SECONDS))
    is_mailed = mail.can_send()
    with suppress(Busy):
        mail.send(str(user.email), messages.choose_password(key))
        return f"{settings().public_url}{messages.reset_path(key)}", is_mailed
    return f"{settings().public_url}{messages.reset_path(key)}", False


def _found(key: str) -> tuple[AccountLink, User] | None:
    link = account_links.get(digest(key), PASSWORD) if is_link_key(key) else None
    user = users.get(str(link.user_id)) if link and link.user_id else None
    if link is None or user is None or not user.is_active or link.password_was != _mark(user):
        return None
    return link, user


def _link(key: str, email: str, user: User | None, seconds: int) -> AccountLink:
    moment = now()
    return AccountLink(
        digest(key),
        purpose=PASSWORD,
        email=email,
        user_id=user.id if user else None,
        password_was=_mark(user) if user else None,
        created=moment,
        expires=int(moment.timestamp()) + seconds,
    )


def _mark(user: User) -> str:
    return digest(user.password or "")


def _message(key: str, user: User | None) -> Mail:
    if user is None:
        return messages.no_account(may_register=mode() == "open")
    return messages.reset_password(key) if user.is_active else messages.deactivated()
