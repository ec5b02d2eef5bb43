"""Accounts as strangers make them: by mail."""

import re
from typing import Any

from chalicelib.config import settings
from chalicelib.domain.tokens import digest, new_link_key
from chalicelib.identity import accounts
from chalicelib.models.account_links import PASSWORD as CHOICE
from chalicelib.models.account_links import REGISTER as REGISTRATION
from chalicelib.models.account_links import AccountLink
from chalicelib.models.base import now
from chalicelib.models.users import User
from tests.support.http.client import Answer, Browser, Studio

REGISTER, ACTIVATE = "/api/auth/register", "/api/auth/activate"
RESET, CHOOSE = "/api/auth/password/reset", "/api/auth/password/reset/confirm"
SENDER = "studio@example.org"
EMAIL = "someone@example.org"
PASSWORD = "correct horse battery"
OTHER_PASSWORD = "tractor-umbrella-seventeen"


def send_mail(studio: Studio, monkeypatch: Any, **more: str) -> None:
    """Let the application send mail, with these settings."""
    for name, value in {"MAIL_FROM": SENDER, **more}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    studio.cloud.verify_sender(SENDER)


def new_key(password: str = "") -> str:
    """The key of a new link: with a password, one that confirms a registration of a new address; without, one to choose
    the password of chef@example.org."""
    key, user = new_link_key(), accounts.find("chef@example.org")
    assert user
    expires = int(now().timestamp()) + 60
    if password:
        email, hashed = f"{key}@example.org", accounts.hash_password(password)
        link = AccountLink(digest(key), purpose=REGISTRATION, email=email, password=hashed, next="/")
    else:
        mark = digest(user.password or "")
        link = AccountLink(digest(key), purpose=CHOICE, email=user.email, user_id=user.id, password_was=mark)
    link.created, link.expires = now(), expires
    link.save()
    return key


def register(studio: Studio, email: str = EMAIL, password: str = PASSWORD, **more: str) -> Answer:
    """Ask for an account."""
    return Browser(studio).call("POST", REGISTER, {"email": email, "password": password, **more})


def activate(browser: Browser, key: str, password: str = PASSWORD) -> Answer:
    """Confirm a registration."""
    return browser.call("POST", ACTIVATE, {"key": key, "password": password})


def key_of(mail: Any) -> str:
    """The key of the link in a mail."""
    found = re.search(r"/([0-9a-f]{40})/$", mail.body, re.MULTILINE)
    assert found, mail.body
    return found[1]


def last_key(studio: Studio) -> str:
    """The key of the link in the last mail."""
    return key_of(studio.cloud.mails()[-1])


def user_of(email: str = EMAIL) -> User | None:
    """The user with this address."""
    return accounts.find(email)


def invite(studio: Studio, email: str = EMAIL) -> str:
    """Invite an address to a new channel; returns the invitation's id."""
    answer = studio.post("/api/invitation", {"channel": studio.make_channel()[0], "email": email})
    assert answer.status == 201
    return str(answer.json["id"])
