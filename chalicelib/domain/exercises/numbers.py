"""Parsing of numbers in the answers of input questions.

A comma separates thousands, as in Kolibri Studio, or it is a decimal comma where nothing else is possible: "1,000" is a
thousand, "3,5" and "0,500" are fractions. What could be either is not a number.
"""

import math
import re

_INTEGER = r"(?:(?!0)\d{1,3}(?:,\d{3})+|\d+)"
_POINT = rf"(?:{_INTEGER}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,4}})?"
_COMMA = r"0,\d+|(?!0)\d+,(?:\d{1,2}|\d{4,})|(?!0)\d{4,},\d+|(?!0)\d{1,3}(?:\.\d{3})+,\d+"
_FRACTION = rf"(?P<numerator>{_INTEGER})\s*/\s*(?P<denominator>{_INTEGER})"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s*(?:(?:(?P<whole>{_INTEGER})\s+)?{_FRACTION}|(?P<point>{_POINT})|(?P<comma>{_COMMA}))\s*(?P<percent>%?)"
)
_MINUS = "\N{MINUS SIGN}"
_FRACTION_SLASH = "\N{FRACTION SLASH}"


def parse_number(answer: object) -> float | None:
    """Parse an answer as a finite number; None if it is not one.

    Accepts numbers and the text forms "-3", "0.5", "3,5", "1,000", "1.000,5", "1.5e3", "1/2", "2 1/3" and "50%".
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
    if match["point"]:
        number = _to_float(match["point"])
    elif match["comma"]:
        number = float(match["comma"].replace(".", "").replace(",", "."))
    else:
        number = _to_float(match["numerator"]) / _to_float(match["denominator"])
        number += _to_float(match["whole"] or "0")
    if match["percent"]:
        number /= 100
    return -number if match["sign"] == "-" else number


def _to_float(digits: str) -> float:
    return float(digits.replace(",", ""))
