"""Secrets: users' API tokens, session ids, passwords, mailed links, and the tokens by which Kolibri finds a channel."""

import hashlib
import hmac
import re
import secrets

from le_utils import proquint

PREFIX = 4  # characters of an API token that are stored as they are: 16 of its 160 bits
_WORD = 10  # letters
_TYPED = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that look alike
_CHANNEL_TOKEN = re.compile(r"[a-z0-9]{1,64}")
_API_TOKEN = re.compile(r"[0-9a-f]{40}")
_SESSION_ID = re.compile(r"[0-9a-f]{64}")
_LINK_KEY = re.compile(r"[0-9a-f]{40}")
_KEYS_IN_PATH = re.compile(r"(?<=/)[0-9a-f]{40}(?=/|$)")


def new_api_token() -> str:
    """A random API token of 40 hex digits. Only its `digest` is stored."""
    return secrets.token_hex(20)


def prefix_of(token: str) -> str:
    """The first characters of an API token, by which its user recognises it. The 36 others, 144 bits, stay unknown."""
    return token[:PREFIX]


def is_api_token(text: str) -> bool:
    """Whether `text` has the form of an API token."""
    return _API_TOKEN.fullmatch(text) is not None


def new_session_id() -> str:
    """A random session id of 64 hex digits, for the session cookie. Only its `digest` is stored."""
    return secrets.token_hex(32)


def is_session_id(text: str) -> bool:
    """Whether `text` has the form of a session id."""
    return _SESSION_ID.fullmatch(text) is not None


def new_link_key() -> str:
    """A random key of 40 hex digits, for a link in a mail. Only its `digest` is stored."""
    return secrets.token_hex(20)


def is_link_key(text: str) -> bool:
    """Whether `text` has the form of a link's key."""
    return _LINK_KEY.fullmatch(text) is not None


def masked(path: str) -> str:
    """A path as it may be logged, without the keys of links."""
    return _KEYS_IN_PATH.sub("***", path)


def csrf_token(session_id: str) -> str:
    """The CSRF token of a session. It is derived from the session id, which cannot be derived from it."""
    return hmac.new(session_id.encode(), b"csrf", hashlib.sha256).hexdigest()


def new_password() -> str:
    """A random password (99 bits) that is easy to type: four groups of five letters and digits."""
    return "-".join("".join(secrets.choice(_TYPED) for _ in range(5)) for _ in range(4))


def digest(token: str) -> str:
    """The SHA-256 (hex) of an API token or session id, which is stored instead of the secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_channel_token() -> str:
    """A random channel token: two pronounceable quintets without the dash between them."""
    word = ""
    while len(word) < _WORD:  # small random numbers make only one quintet, which could be guessed
        word = plain_token(proquint.generate())
    return word


def plain_token(text: str) -> str:
    """Normalize a channel token as it is stored: lower case, without dashes."""
    return text.replace("-", "").strip().lower()


def is_channel_token(text: str) -> bool:
    """Whether `text`, normalized by `plain_token`, has the form of a channel token."""
    return _CHANNEL_TOKEN.fullmatch(text) is not None
