"""Parsing of numbers in the answers of input questions."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain.exercises.numbers import parse_number
from tests.support.existing import existing


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9", 9.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-3", -3.0),
        ("+3", 3.0),
        ("−3", -3.0),
        ("- 3", -3.0),
        (" 2.0\n", 2.0),
        ("1,000", 1000.0),
        ("1,234,567.5", 1234567.5),
        ("3,5", 3.5),
        ("-0,5", -0.5),
        ("0,500", 0.5),
        ("1,00", 1.0),
        ("1234,5", 1234.5),
        ("1234,567", 1234.567),
        ("3,1416", 3.1416),
        ("1.000,5", 1000.5),
        ("2,5 %", 0.025),
        ("1.5e3", 1500.0),
        ("1E-2", 0.01),
        ("1/2", 0.5),
        ("-1/4", -0.25),
        ("3 / 4", 0.75),
        ("1⁄2", 0.5),
        ("2 1/2", 2.5),
        ("-2 1/2", -2.5),
        ("1,000 1/2", 1000.5),
        ("50%", 0.5),
        ("12.5 %", 0.125),
        ("٣", 3.0),
        (4, 4.0),
        (0, 0.0),
        (-0.5, -0.5),
    ],
)
def test_number_is_parsed(text, number):
    assert parse_number(text) == number


NOT_NUMBERS = ["four", "2 apples", "x = 3", "nan", "inf", "-Infinity", "1_000", "0x10", "$$5$$", "1 2", "1 2/", "--1"]
WITH_UNITS = ["10 cm", "½", "1 000", "5€"]
COMMAS = [",000", "012,345", "1,5,2", "1,000,00", "3,", "1.00,5", "3,5/2"]
TOO_LARGE = ["1e999", "9" * 400, 10**400, math.inf, "1/0", "0/0"]


@pytest.mark.parametrize(
    "text", ["", " ", "1e", *NOT_NUMBERS, *WITH_UNITS, *COMMAS, *TOO_LARGE, True, None, [], {}, math.nan], ids=repr
)
def test_other_text_is_not_a_number(text):
    assert parse_number(text) is None


def test_zero_has_no_sign():
    assert math.copysign(1, existing(parse_number("-0"))) == 1


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e22)
@example(5e-324)
def test_every_finite_number_is_parsed_from_its_text(number):
    assert parse_number(repr(number)) == number


@given(st.integers(-(10**15), 10**15))
def test_thousands_separators_are_ignored(number):
    assert parse_number(f"{number:,}") == parse_number(str(number)) == number


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_mixed_number_is_the_sum_of_its_parts(whole, numerator, denominator):
    text = f"{whole} {numerator}/{denominator}"
    assert parse_number(text) == pytest.approx(whole + numerator / denominator)
    assert parse_number(f"-{text}") == -existing(parse_number(text))


@given(st.text() | st.text(alphabet="0123456789,./ eE+-%"))
def test_any_text_gives_a_finite_number_or_none(text):
    number = parse_number(text)
    assert number is None or math.isfinite(number)
