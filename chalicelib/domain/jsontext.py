"""Strict JSON: rejects what Python's parser accepts but databases or other parsers cannot read."""

import json
from typing import Any

MAX_NUMBER = 10**18  # larger than any count, size or duration, and still fits into database columns


def loads(text: str | bytes) -> Any:
    """Parse a JSON text.

    Raises ValueError for invalid JSON, NaN and infinities, numbers above MAX_NUMBER, and lone surrogates.
    """
    written = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    try:
        value = json.loads(written, parse_constant=_no_number, parse_int=_integer, parse_float=_fraction)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if "\\ud" in written.lower():
        _refuse_surrogates(value)
    return value


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
