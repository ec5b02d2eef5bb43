"""Places among siblings: fractions written so that they sort as text.

An appended child takes the next whole number. A child put between two others takes the shortest hexadecimal fraction
in the middle between theirs, so that nobody else has to move; one put before all others takes the whole number below.

`<8 hex digits of the whole part>[.<hex digits of the fraction>]#<id of the child>`; below zero a `-` stands before
the digits, which count up from -2^32.
"""

import re
from fractions import Fraction

MAX_DIGITS = 800  # of a fraction: a range key of DynamoDB has 1024 bytes at most
_WIDTH = 8
_SPAN = 16**_WIDTH
_DECIMAL = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,3300})?")


def appended(index: int, node_id: str) -> str:
    """The position of the child appended as number `index` (from 0)."""
    return f"{index:0{_WIDTH}x}#{node_id}"


def before(first: str, node_id: str) -> str:
    """A position before `first`."""
    return f"{_text(Fraction(value_of(first).__floor__() - 1))}#{node_id}"


def between(left: str, right: str, node_id: str) -> str | None:
    """A position between two others, None where they lie so close that no text fits."""
    low, high = value_of(left), value_of(right)
    for digits in range(MAX_DIGITS + 1 if low < high else 0):
        scale = 16**digits
        least, most = (low * scale).__floor__() + 1, (high * scale).__ceil__() - 1
        if least <= most:
            return f"{_text(Fraction((least + most) // 2, scale))}#{node_id}"
    return None


def value_of(position: str) -> Fraction:
    """The number that a position writes."""
    whole, _, digits = position.partition("#")[0].partition(".")
    base: int = int(whole[1:], 16) - _SPAN if whole.startswith("-") else int(whole, 16)
    return base + Fraction(int(digits or "0", 16), 16 ** len(digits))


def as_number(position: str | None) -> int | float:
    """`lft` of the API: the position as a JSON number, which orders siblings; 0 where it is not known."""
    value = value_of(position) if position else Fraction(0)
    return int(value) if value.denominator == 1 else float(value)


def is_exact(position: str) -> bool:
    """Whether `as_number` says exactly where this is, so that no two positions look the same."""
    return as_number(position) == value_of(position)


def as_decimal(position: str) -> str:
    """The position as an exact decimal number."""
    value = value_of(position)
    places = 4 * MAX_DIGITS if value.denominator > 1 else 0
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0") if places else digits
    return f"-{text}" if value < 0 else text


def bounds_of(decimal: str) -> tuple[str, str] | None:
    """(text below every position with this value, text above), None where `decimal` is no number of this kind."""
    if not _DECIMAL.fullmatch(decimal) or abs(Fraction(decimal)) >= _SPAN:
        return None
    text = _text(Fraction(decimal))
    return f"{text}#", f"{text}$"


def _text(value: Fraction) -> str:
    whole = value.__floor__()
    text = f"{whole:0{_WIDTH}x}" if whole >= 0 else f"-{_SPAN + whole:0{_WIDTH}x}"
    digits = f"{((value - whole) * 16**MAX_DIGITS).__floor__():0{MAX_DIGITS}x}".rstrip("0")
    return f"{text}.{digits}" if digits else text
