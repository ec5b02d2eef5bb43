"""Secrets and tokens: API tokens of users, and the words that open a channel in Kolibri."""

import hashlib
import re
import secrets

from le_utils import proquint

_WORD = 10  # letters
_CHANNEL_TOKEN = re.compile(r"[a-z0-9]{1,64}")
_API_TOKEN = re.compile(r"[0-9a-f]{40}")


def new_api_token() -> str:
    """A user's API token: 40 hex digits. Only `digest` of it is ever stored."""
    return secrets.token_hex(20)


def is_api_token(text: str) -> bool:
    """Whether `text` can be an API token at all."""
    return _API_TOKEN.fullmatch(text) is not None


def digest(token: str) -> str:
    """What is stored of an API token: its SHA-256, hex."""
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
