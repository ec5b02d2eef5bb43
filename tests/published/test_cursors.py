"""Cursors come back as they were, and nothing else is one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.errors import NotFound
from chalicelib.published.cursors import Cursor, decode, encode

IDS = st.uuids().map(lambda uuid: uuid.hex)
NUMBERS = st.integers(0, 2**63 - 1)
CURSORS = st.builds(Cursor, channel_id=IDS, version=NUMBERS, lft=NUMBERS)
START = encode(Cursor("0" * 32, 1, 1))


@given(CURSORS)
def test_a_cursor_comes_back(cursor):
    assert decode(encode(cursor)) == cursor


@given(CURSORS)
def test_a_cursor_fits_into_a_url(cursor):
    assert encode(cursor).replace("-", "").replace("_", "").isalnum()


@given(st.text() | st.text("ABCabc019-_", min_size=44, max_size=44) | st.binary(max_size=40).map(repr))
@example(START + "=")
@example(START[:-1])
@example(START + "\n")
@example(f" {START}")
@example("C" + START[1:])
@example("/" * 44)
@example(encode(Cursor("0" * 32, 1, 2**63 - 1)).replace("f____", "_____"))
def test_other_texts_are_refused(text):
    """Unless they happen to be what `encode` writes."""
    try:
        cursor = decode(text)
    except NotFound as error:
        assert error.detail == "Invalid cursor"
    else:
        assert encode(cursor) == text


@pytest.mark.parametrize("text", ["", "cD0z", START[:-1], START + "A", "B" + START[1:], START.replace("A", "é")])
def test_these_are_no_cursors(text):
    with pytest.raises(NotFound):
        decode(text)


@pytest.mark.parametrize(
    "cursor", [Cursor("0" * 32, 1, -1), Cursor("0" * 32, -1, 1), Cursor("0" * 32, 1, 2**63), Cursor("x", 1, 1)]
)
def test_what_is_no_place_is_not_encoded(cursor):
    with pytest.raises(ValueError, match="no place"):
        encode(cursor)
