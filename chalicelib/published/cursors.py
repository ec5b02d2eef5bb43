"""Where the next page of a list begins, as an opaque text that fits into a URL."""

import base64
import re
import struct
from dataclasses import dataclass

from chalicelib.domain.ids import ID_PATTERN
from chalicelib.errors import NotFound

_FORMAT = 1
_LAYOUT = struct.Struct(">B16sQQ")  # 33 bytes: 44 characters without padding, so that each text has one meaning
_TEXT = re.compile("[A-Za-z0-9_-]{44}")
_LARGEST = 2**63 - 1  # of SQLite's integers


@dataclass(frozen=True)
class Cursor:
    """The next page has what follows `lft` in this version of this channel, and then the channels after it."""

    channel_id: str
    version: int
    lft: int


def encode(cursor: Cursor) -> str:
    """The cursor as text of 44 letters, digits, "-" and "_". Raises ValueError for what is no place in a channel."""
    if not ID_PATTERN.fullmatch(cursor.channel_id) or not _are_counts(cursor.version, cursor.lft):
        raise ValueError(f"This is no place in a channel: {cursor}")
    packed = _LAYOUT.pack(_FORMAT, bytes.fromhex(cursor.channel_id), cursor.version, cursor.lft)
    return base64.urlsafe_b64encode(packed).decode("ascii")


def decode(text: str) -> Cursor:
    """The cursor that `encode` wrote. Raises NotFound for any other text."""
    if not _TEXT.fullmatch(text):
        raise NotFound("Invalid cursor")
    layout, channel_id, version, lft = _LAYOUT.unpack(base64.urlsafe_b64decode(text))
    if layout != _FORMAT or not _are_counts(version, lft):
        raise NotFound("Invalid cursor")
    return Cursor(channel_id.hex(), version, lft)


def _are_counts(*numbers: int) -> bool:
    return all(0 <= number <= _LARGEST for number in numbers)
