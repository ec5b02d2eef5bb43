"""Known devices: browsers in which somebody has signed in to an account, recognised by a signed cookie.

The cookie is bound to one account and signs nobody in. It only lets wrong passwords of others not count against it.
"""

import hmac
import re
import secrets
from hashlib import sha256

from chalicelib.models.users import User

_COOKIE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")
_NOBODY = "0" * 64  # the secret of an unknown account: no cookie has its signature


def new_secret() -> str:
    """A random secret for the device cookies of one account."""
    return secrets.token_hex(32)


def cookie_of(user: User, device: str = "") -> str:
    """The value of the cookie by which a device, known or new, is recognised for this user. The user has a secret."""
    number = device or secrets.token_hex(16)
    return f"{number}.{_signature(user.device_secret, user.id, number)}"


def known(cookie: str, user: User | None) -> str:
    """The number of the device that sent this cookie, empty if it is none of this user's."""
    found = _COOKIE.fullmatch(cookie)
    secret = (user and user.device_secret) or _NOBODY
    number, signature = found.groups() if found else ("", "")
    is_right = hmac.compare_digest(signature, _signature(secret, user.id if user else "", number))
    return number if is_right and secret != _NOBODY else ""


def _signature(secret: str, user_id: str, number: str) -> str:
    return hmac.new(secret.encode(), f"device {user_id} {number}".encode(), sha256).hexdigest()
