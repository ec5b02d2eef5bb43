"""The answers and hints of a question, as they are stored."""

import math
from typing import Any


def in_order(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By `order`; what has none stays in front, as given."""

    def order(entry: dict[str, Any]) -> float:
        value = entry.get("order")
        return value if isinstance(value, int | float) else -math.inf

    return sorted(entries, key=order)


def text_of(value: object) -> str:
    """What an answer, a hint or a question says; nothing is ""."""
    return "" if value is None else str(value)
