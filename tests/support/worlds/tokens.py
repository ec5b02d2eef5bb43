"""API tokens, as their users create and revoke them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.tokens import digest
from chalicelib.models import users
from chalicelib.models.tokens import Token
from chalicelib.models.users import User
from tests.support.existing import existing
from tests.support.http.client import Answer, Browser

TOKENS = "/api/user/me/tokens"


def owner(user_id: str) -> User:
    """The stored user."""
    return existing(users.get(user_id))


def create(browser: Browser, **body: Any) -> Answer:
    """Create a token."""
    return browser.call("POST", TOKENS, {"name": "My laptop", **body})


def revoke(browser: Browser, token_id: str) -> Answer:
    """Revoke a token."""
    return browser.call("DELETE", f"{TOKENS}/{token_id}")


def expire(token: str) -> None:
    """Let a token expire now."""
    Token(digest(token)).update([Token.expires.set(int(datetime.now(UTC).timestamp()))])


def days(number: int) -> str:
    """The day after so many days."""
    return (datetime.now(UTC) + timedelta(days=number)).date().isoformat()
