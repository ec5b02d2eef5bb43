"""JSON that is taken: all that can be stored and published, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.jsontext import MAX_NUMBER, loads
from tests.support.worlds.values import json_values


def is_text(value):
    """Whether everything in a value can leave in UTF-8."""
    json.dumps(value, ensure_ascii=False).encode()
    return True


@given(json_values(), st.booleans())
def test_what_was_written_is_read(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text) == loads(text.encode()) == value


@pytest.mark.parametrize(
    "text", ["", " ", "{", "nope", "{'a': 1}", "[1,]", "1 2", "\0", "[" * 100_000, '"' + "\n" + '"']
)
def test_what_is_no_json_is_refused(text):
    for given_text in (text, text.encode()):
        with pytest.raises(ValueError, match=r"."):
            loads(given_text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", '{"a": [NaN]}', "1" * 5000])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"number"):
        loads(text)


@pytest.mark.parametrize("number", [MAX_NUMBER, -MAX_NUMBER, 0, -1, float(MAX_NUMBER), 1e-300, 0.1])
def test_numbers_up_to_the_largest_are_taken(number):
    assert loads(json.dumps(number)) == number


@pytest.mark.parametrize("number", [MAX_NUMBER + 1, -MAX_NUMBER - 1, 10**30, 1e30, -1e30])
def test_larger_numbers_are_refused(number):
    with pytest.raises(ValueError, match="too large"):
        loads(json.dumps(number))


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '"\\uDFFF"', '["a", {"b": "\\udc00\\ud800"}]', '{"\\ud83d": 1}', '"\\uD83D \\uDE00"'],
)
def test_lone_surrogates_are_refused(text):
    for given_text in (text, text.encode()):
        with pytest.raises(ValueError, match="surrogate"):
            loads(given_text)


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', '"\\\\ud800"', '"\\\\uD800 is no letter"'])
def test_pairs_and_texts_about_them_are_taken(text):
    assert is_text(loads(text))


@pytest.mark.parametrize(
    "body",
    [
        b'"\xed\xa0\x80"',  # a lone surrogate as UTF-8 would write it, if it could
        b'{"a": "\xed\xbf\xbf"}',
        '"\\ud800"'.encode("utf-16-le"),
        '"\\ud800"'.encode("utf-32-be"),
        b'"\xff"',
        b'"\xc3"',
    ],
)
def test_bytes_that_are_no_utf_8_are_refused(body):
    with pytest.raises(ValueError, match=r"."):
        loads(body)


@given(st.binary(max_size=30) | st.binary(max_size=10).map(lambda data: b'"' + data + b'"'))
def test_any_bytes_are_text_or_refused(body):
    try:
        value = loads(body)
    except ValueError:
        return
    assert is_text(value)
