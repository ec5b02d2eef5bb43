"""Ids: 32 lowercase hex digits. Dashes and capitals are accepted in requests."""

import re
import uuid

ID_PATTERN = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A random id."""
    return uuid.uuid4().hex


def parse_id(value: object) -> str | None:
    """Parse an id, with or without dashes; None if `value` is not one."""
    if not isinstance(value, str):
        return None
    plain = value.replace("-", "").lower()
    return plain if ID_PATTERN.fullmatch(plain) else None


def derived_id(parent: str, name: str) -> str:
    """Derive the id of `name` under the id `parent`: always the same, so repeated requests create no duplicates."""
    return uuid.uuid5(uuid.UUID(parent), name).hex
