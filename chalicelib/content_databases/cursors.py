"""Cursors: where the next page of a list starts, as opaque text for URLs.

Kolibri also passes the cursor of a remote list to its own paginator (Django REST framework's), so it must be the
base64 of an ASCII query string in which `p` is a value of the column `lft`.
"""

import base64
import re
from dataclasses import dataclass

from chalicelib.domain.ids import ID_PATTERN
from chalicelib.errors import NotFound

# 78 bytes become 104 characters of base64 without padding, so only one text encodes each cursor
_LAYOUT = re.compile(b"c=([0-9a-f]{32})&v=([0-9]{19})&p=([0-9]{19})")
_TEXT = re.compile("[A-Za-z0-9]{104}")
_MAX_INTEGER = 2**63 - 1  # SQLite's largest integer


@dataclass(frozen=True)
class Cursor:
    """The next page starts after `lft` in this version of this channel and continues with the following channels."""

    channel_id: str
    version: int
    lft: int


def encode(cursor: Cursor) -> str:
    """Encode a cursor as 104 letters and digits. Raises ValueError if it is not a position in a channel."""
    if not ID_PATTERN.fullmatch(cursor.channel_id) or not _are_counts(cursor.version, cursor.lft):
        raise ValueError(f"This is not a position in a channel: {cursor}")
    written = f"c={cursor.channel_id}&v={cursor.version:019}&p={cursor.lft:019}"
    return base64.b64encode(written.encode("ascii")).decode("ascii")


def decode(text: str) -> Cursor:
    """Decode a cursor written by `encode`. Raises NotFound for any other text."""
    found = _LAYOUT.fullmatch(base64.b64decode(text)) if _TEXT.fullmatch(text) else None
    if found is None or not _are_counts(int(found[2]), int(found[3])):
        raise NotFound("Invalid cursor")
    return Cursor(found[1].decode("ascii"), int(found[2]), int(found[3]))


def _are_counts(*numbers: int) -> bool:
    return all(0 <= number <= _MAX_INTEGER for number in numbers)
