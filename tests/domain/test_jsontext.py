"""Strict JSON: accepted and rejected texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.jsontext import MAX_DEPTH, MAX_NUMBER, loads
from tests.support.worlds.values import json_values


def is_text(value):
    """Whether a value can be encoded as UTF-8."""
    json.dumps(value, ensure_ascii=False).encode()
    return True


@given(json_values(), st.booleans())
def test_written_values_are_read_back(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text) == loads(text.encode()) == value


@pytest.mark.parametrize(
    "text", ["", " ", "{", "nope", "{'a': 1}", "[1,]", "1 2", "\0", "[" * 100_000, '"' + "\n" + '"']
)
def test_invalid_json_is_rejected(text):
    for given_text in (text, text.encode()):
        with pytest.raises(ValueError, match=r"."):
            loads(given_text)


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_data_may_have_a_hundred_levels(start, end):
    levels = start.count("[") + start.count("{")
    most = MAX_DEPTH // levels
    assert loads(start * most + "1" + end * most)
    for times in (most + 1, 300, 100_000):
        with pytest.raises(ValueError, match=r"more than 100 levels"):
            loads(start * times + "1" + end * times)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", '{"a": [NaN]}', "1" * 5000])
def test_nan_and_infinities_are_rejected(text):
    with pytest.raises(ValueError, match=r"number"):
        loads(text)


@pytest.mark.parametrize("number", [MAX_NUMBER, -MAX_NUMBER, 0, -1, float(MAX_NUMBER), 1e-300, 0.1])
def test_numbers_up_to_the_maximum_are_accepted(number):
    assert loads(json.dumps(number)) == number


@pytest.mark.parametrize("number", [MAX_NUMBER + 1, -MAX_NUMBER - 1, 10**30, 1e30, -1e30])
def test_larger_numbers_are_rejected(number):
    with pytest.raises(ValueError, match="too large"):
        loads(json.dumps(number))


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '"\\uDFFF"', '["a", {"b": "\\udc00\\ud800"}]', '{"\\ud83d": 1}', '"\\uD83D \\uDE00"'],
)
def test_lone_surrogates_are_rejected(text):
    for given_text in (text, text.encode()):
        with pytest.raises(ValueError, match="surrogate"):
            loads(given_text)


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', '"\\\\ud800"', '"\\\\uD800 is no letter"'])
def test_surrogate_pairs_and_escaped_backslashes_are_accepted(text):
    assert is_text(loads(text))


@pytest.mark.parametrize(
    "body",
    [
        b'"\xed\xa0\x80"',  # a lone surrogate, encoded as in UTF-8
        b'{"a": "\xed\xbf\xbf"}',
        '"\\ud800"'.encode("utf-16-le"),
        '"\\ud800"'.encode("utf-32-be"),
        b'"\xff"',
        b'"\xc3"',
    ],
)
def test_bytes_that_are_not_utf_8_are_rejected(body):
    with pytest.raises(ValueError, match=r"."):
        loads(body)


@given(st.binary(max_size=30) | st.binary(max_size=10).map(lambda data: b'"' + data + b'"'))
def test_any_bytes_are_parsed_or_rejected(body):
    try:
        value = loads(body)
    except ValueError:
        return
    assert is_text(value)
