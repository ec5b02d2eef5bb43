"""Where the next page of a list begins, as an opaque text that fits into a URL.

Kolibri puts the cursor of a remote list into its own paginator too (Django REST framework's, to mark what it has): it
must be the base64 of an ASCII query string there, in which `p` is a number of its column `lft`.
"""

import base64
import re
from dataclasses import dataclass

from chalicelib.domain.ids import ID_PATTERN
from chalicelib.errors import NotFound

# 78 bytes: 104 characters without padding, so that each text has one meaning
_LAYOUT = re.compile(b"c=([0-9a-f]{32})&v=([0-9]{19})&p=([0-9]{19})")
_TEXT = re.compile("[A-Za-z0-9]{104}")
_MAX_INTEGER = 2**63 - 1  # of SQLite's integers


@dataclass(frozen=True)
class Cursor:
    """The next page has what follows `lft` in this version of this channel, and then the channels after it."""

    channel_id: str
    version: int
    lft: int


def encode(cursor: Cursor) -> str:
    """The cursor as text of 104 letters and digits. Raises ValueError for what is no place in a channel."""
    if not ID_PATTERN.fullmatch(cursor.channel_id) or not _are_counts(cursor.version, cursor.lft):
        raise ValueError(f"This is no place in a channel: {cursor}")
    written = f"c={cursor.channel_id}&v={cursor.version:019}&p={cursor.lft:019}"
    return base64.b64encode(written.encode("ascii")).decode("ascii")


def decode(text: str) -> Cursor:
    """The cursor that `encode` wrote. Raises NotFound for any other text."""
    found = _LAYOUT.fullmatch(base64.b64decode(text)) if _TEXT.fullmatch(text) else None
    if found is None or not _are_counts(int(found[2]), int(found[3])):
        raise NotFound("Invalid cursor")
    return Cursor(found[1].decode("ascii"), int(found[2]), int(found[3]))


def _are_counts(*numbers: int) -> bool:
    return all(0 <= number <= _MAX_INTEGER for number in numbers)
