"""Identifiers: 32 lowercase hex digits everywhere, dashed and upper-case forms accepted on the way in."""

import re
import uuid

ID_PATTERN = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A random id."""
    return uuid.uuid4().hex


def parse_id(value: object) -> str | None:
    """The id that `value` writes, with or without dashes, or None where it writes none."""
    if not isinstance(value, str):
        return None
    plain = value.replace("-", "").lower()
    return plain if ID_PATTERN.fullmatch(plain) else None


def derived_id(parent: str, name: str) -> str:
    """The one id that belongs to `name` under the id `parent`: what is sent twice is made once."""
    return uuid.uuid5(uuid.UUID(parent), name).hex
