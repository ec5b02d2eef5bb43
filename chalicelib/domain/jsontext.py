"""JSON that can be stored and published: what Python's parser takes beyond that is refused."""

import json
from typing import Any

MAX_NUMBER = 10**18  # numbers beyond are no counts, sizes or durations, and no column holds them


def loads(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises ValueError for what is no JSON, for NaN and infinities, huge numbers, and lone surrogates.
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
    """A value as JSON text, in the one way in which answers are written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refuse_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("it holds a lone surrogate") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > MAX_NUMBER:
        raise ValueError("a number is too large")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if abs(number) > MAX_NUMBER:
        raise ValueError("a number is too large")
    return number
