"""Strict JSON: rejects what Python's parser accepts but databases or other parsers cannot read."""

import json
from typing import Any

MAX_DEPTH = 100  # levels of arrays and objects; real data has far fewer, and deeper data could exhaust the stack
MAX_NUMBER = 10**18  # larger than any count, size or duration, and still fits into database columns
_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"


def loads(text: str | bytes) -> Any:
    """Parse a JSON text.

    Raises ValueError for invalid JSON, NaN and infinities, numbers above MAX_NUMBER, lone surrogates, and more than
    MAX_DEPTH levels.
    """
    written = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    try:
        value = json.loads(written, parse_constant=_no_number, parse_int=_integer, parse_float=_fraction)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    if is_deep(value, MAX_DEPTH):
        raise ValueError(_TOO_DEEP)
    if "\\ud" in written.lower():
        _refuse_surrogates(value)
    return value


def is_deep(value: Any, levels: int) -> bool:
    """Whether arrays and objects of a JSON value are nested more than `levels` levels deep."""
    level = [value]
    for _ in range(levels + 1):
        level = [part for part in level if isinstance(part, dict | list)]
        if not level:
            return False
        level = [child for part in level for child in (part.values() if isinstance(part, dict) else part)]
    return True


def dumps(value: Any) -> str:
    """Serialize a value as compact JSON, as in responses."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refuse_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("it contains a lone surrogate") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a valid JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > MAX_NUMBER:
        raise ValueError("a number is too large")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if abs(number) > MAX_NUMBER:
        raise ValueError("a number is too large")
    return number
