"""Parsing of raw Perseus items. The archive writer and the checks of new questions share it."""

import json
import math
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 100  # levels; real items have far fewer, and deeper ones could exhaust the stack


class InvalidPerseus(ValueError):
    """The text is not a Perseus item. The message continues a sentence that starts with "its raw data"."""


def parse(text: str) -> dict[str, Any]:
    """Parse an item. Raises InvalidPerseus for a text that is not a JSON object with finite numbers, or is too deep."""
    try:
        item = json.loads(text, parse_float=_finite, parse_constant=_finite)
        strings(item)  # raises ValueError if it is nested too deeply
    except (ValueError, RecursionError) as error:
        raise InvalidPerseus(f"is not valid JSON ({error}).") from error
    if not isinstance(item, dict):
        raise InvalidPerseus("is not a JSON object.")
    return item


def strings(value: Any) -> list[str]:
    """All strings of a JSON value, including keys, as Perseus stores the sizes of images by address."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    mapped(value, note)
    return found


def mapped(value: Any, change: Callable[[str], str], depth: int = MAX_DEPTH) -> Any:
    """Apply `change` to every string and key of a JSON value. Raises ValueError if it is nested deeper than `depth`."""
    if depth < 0:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [mapped(entry, change, depth - 1) for entry in value]
    if isinstance(value, dict):
        return {change(key): mapped(entry, change, depth - 1) for key, entry in value.items()}
    return value


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number[:40]} is not a finite number")
    return value
