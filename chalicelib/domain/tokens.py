"""Secrets and tokens: API tokens and sessions of users, and the words that open a channel in Kolibri."""

import hashlib
import hmac
import re
import secrets

from le_utils import proquint

_WORD = 10  # letters
_TYPED = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter or digit that looks like another one
_CHANNEL_TOKEN = re.compile(r"[a-z0-9]{1,64}")
_API_TOKEN = re.compile(r"[0-9a-f]{40}")
_SESSION_ID = re.compile(r"[0-9a-f]{64}")


def new_api_token() -> str:
    """A user's API token: 40 hex digits. Only `digest` of it is ever stored."""
    return secrets.token_hex(20)


def is_api_token(text: str) -> bool:
    """Whether `text` can be an API token at all."""
    return _API_TOKEN.fullmatch(text) is not None


def new_session_id() -> str:
    """What a browser shows to stay signed in: 64 hex digits. Only `digest` of it is ever stored."""
    return secrets.token_hex(32)


def is_session_id(text: str) -> bool:
    """Whether `text` can be the id of a session at all."""
    return _SESSION_ID.fullmatch(text) is not None


def csrf_token(session_id: str) -> str:
    """What pages of a session send along to show that they are its own: it follows from the id, not the id from it."""
    return hmac.new(session_id.encode(), b"csrf", hashlib.sha256).hexdigest()


def new_password() -> str:
    """A password that nobody can guess (99 bits) and that people can type: four words of five letters and digits."""
    return "-".join("".join(secrets.choice(_TYPED) for _ in range(5)) for _ in range(4))


def digest(token: str) -> str:
    """What is stored of an API token or of a session's id: its SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_channel_token() -> str:
    """A channel's token: two pronounceable quintets, written without their dash."""
    word = ""
    while len(word) < _WORD:  # small random numbers make one quintet only, which can be guessed
        word = plain_token(proquint.generate())
    return word


def plain_token(text: str) -> str:
    """A channel token as it is stored: case and dashes do not matter to those who type it."""
    return text.replace("-", "").strip().lower()


def is_channel_token(text: str) -> bool:
    """Whether `text`, as `plain_token` writes it, can be a channel token at all."""
    return _CHANNEL_TOKEN.fullmatch(text) is not None
