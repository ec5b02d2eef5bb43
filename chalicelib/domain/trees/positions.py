"""Positions of siblings: fractions encoded so that they sort as text.

An appended child gets the next whole number. A child inserted between two others gets the shortest hexadecimal
fraction near the middle, so no other child has to be renumbered. A child inserted before all others gets the next
lower whole number.

Format: `<8 hex digits of the whole part>[.<hex digits of the fraction>]#<id of the child>`. Negative numbers start
with `-` and count up from -2^32, so that they sort as well.
"""

import re
from fractions import Fraction

MAX_DIGITS = 800  # of a fraction, as a range key of DynamoDB has at high_digits 1024 bytes
_WIDTH = 8
_SPAN = 16**_WIDTH
_DECIMAL = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,3300})?")


def appended(index: int, node_id: str) -> str:
    """The position of an appended child with this index, counted from 0."""
    return f"{index:0{_WIDTH}x}#{node_id}"


def before(first: str, node_id: str) -> str:
    """A position before the position `first`."""
    return f"{_text(Fraction(value_of(first).__floor__() - 1))}#{node_id}"


def between(left: str, right: str, node_id: str) -> str | None:
    """A position between two others; None if none fits into MAX_DIGITS."""
    low, high = value_of(left), value_of(right)
    for digits in range(MAX_DIGITS + 1 if low < high else 0):
        scale = 16**digits
        low_digits, high_digits = (low * scale).__floor__() + 1, (high * scale).__ceil__() - 1
        if low_digits <= high_digits:
            return f"{_text(Fraction((low_digits + high_digits) // 2, scale))}#{node_id}"
    return None


def value_of(position: str) -> Fraction:
    """The number that a position encodes."""
    whole, _, digits = position.partition("#")[0].partition(".")
    base: int = int(whole[1:], 16) - _SPAN if whole.startswith("-") else int(whole, 16)
    return base + Fraction(int(digits or "0", 16), 16 ** len(digits))


def as_number(position: str | None) -> int | float:
    """The position as a JSON number, for the API's `lft`; 0 if the position is unknown."""
    value = value_of(position) if position else Fraction(0)
    return int(value) if value.denominator == 1 else float(value)


def is_exact(position: str) -> bool:
    """Whether `as_number` is exact for this position, so that no two positions become the same number."""
    return as_number(position) == value_of(position)


def as_decimal(position: str) -> str:
    """The position as an exact decimal number."""
    value = value_of(position)
    places = 4 * MAX_DIGITS if value.denominator > 1 else 0
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0") if places else digits
    return f"-{text}" if value < 0 else text


def bounds_of(decimal: str) -> tuple[str, str] | None:
    """(text that sorts below all positions with this value, text above them); None if `decimal` is not in range."""
    if not _DECIMAL.fullmatch(decimal) or abs(Fraction(decimal)) >= _SPAN:
        return None
    text = _text(Fraction(decimal))
    return f"{text}#", f"{text}$"


def _text(value: Fraction) -> str:
    whole = value.__floor__()
    text = f"{whole:0{_WIDTH}x}" if whole >= 0 else f"-{_SPAN + whole:0{_WIDTH}x}"
    digits = f"{((value - whole) * 16**MAX_DIGITS).__floor__():0{MAX_DIGITS}x}".rstrip("0")
    return f"{text}.{digits}" if digits else text
