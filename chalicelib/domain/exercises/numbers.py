"""Parsing of numbers in the answers of input questions."""

import math
import re

_INTEGER = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_DECIMAL = rf"(?:{_INTEGER}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,4}})?"
_FRACTION = rf"(?P<numerator>{_INTEGER})\s*/\s*(?P<denominator>{_INTEGER})"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s*(?:(?:(?P<whole>{_INTEGER})\s+)?{_FRACTION}|(?P<decimal>{_DECIMAL}))\s*(?P<percent>%?)"
)
_MINUS = "\N{MINUS SIGN}"
_FRACTION_SLASH = "\N{FRACTION SLASH}"


def parse_number(answer: object) -> float | None:
    """Parse an answer as a finite number; None if it is not one.

    Accepts numbers and the text forms "-3", "0.5", "1,000", "1.5e3", "1/2", "2 1/3" and "50%".
    """
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        return None
    try:
        number = _parse_text(answer) if isinstance(answer, str) else float(answer)
    except (OverflowError, ZeroDivisionError):
        return None
    # Adding zero turns -0.0 into 0.0.
    return number + 0.0 if number is not None and math.isfinite(number) else None


def _parse_text(text: str) -> float | None:
    match = _NUMBER.fullmatch(text.strip().replace(_MINUS, "-").replace(_FRACTION_SLASH, "/"))
    if match is None:
        return None
    if match["decimal"]:
        number = _to_float(match["decimal"])
    else:
        number = _to_float(match["numerator"]) / _to_float(match["denominator"])
        number += _to_float(match["whole"] or "0")
    if match["percent"]:
        number /= 100
    return -number if match["sign"] == "-" else number


def _to_float(digits: str) -> float:
    return float(digits.replace(",", ""))
