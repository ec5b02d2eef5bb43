"""Helpers for the stored answers and hints of a question."""

import math
from typing import Any


def in_order(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort entries by `order`. Entries without one come first, in their given sequence."""

    def order(entry: dict[str, Any]) -> float:
        value = entry.get("order")
        return value if isinstance(value, int | float) else -math.inf

    return sorted(entries, key=order)


def text_of(value: object) -> str:
    """The text of an answer, hint or question; "" for None."""
    return "" if value is None else str(value)
