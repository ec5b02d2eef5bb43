"""Encoding and decoding of cursors."""

import base64
import contextlib
from urllib.parse import parse_qs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.content_databases.cursors import Cursor, decode, encode
from chalicelib.errors import NotFound

IDS = st.uuids().map(lambda uuid: uuid.hex)
NUMBERS = st.integers(0, 2**63 - 1)
CURSORS = st.builds(Cursor, channel_id=IDS, version=NUMBERS, lft=NUMBERS)
START = encode(Cursor("0" * 32, 1, 1))


@given(CURSORS)
def test_cursors_are_decoded_to_the_same_value(cursor):
    assert decode(encode(cursor)) == cursor


@given(CURSORS)
def test_cursors_fit_into_urls(cursor):
    assert encode(cursor).isascii()
    assert encode(cursor).isalnum()


@given(CURSORS)
def test_kolibris_paginator_can_decode_cursors(cursor):
    tokens = parse_qs(base64.b64decode(encode(cursor)).decode("ascii"))
    assert int(tokens["p"][0]) == cursor.lft
    assert not {"o", "r"} & set(tokens)  # offset and direction


@given(st.text() | st.text("ABCabc019-_", min_size=104, max_size=104) | st.binary(max_size=40).map(repr))
@example(START + "=")
@example(START[:-1])
@example(START + "\n")
@example(f" {START}")
@example("C" + START[1:])
@example("/" * 104)
@example("A" * 104)
@example(base64.b64encode(b"c=%032d&v=%019d&p=%019d" % (0, 1, 2**63)).decode())
@example(base64.b64encode(b"c=%032d&v=%019d&p=%018dx" % (0, 1, 1)).decode())
def test_other_texts_are_rejected(text):
    """Unless they happen to be valid cursors."""
    with contextlib.suppress(NotFound):
        assert encode(decode(text)) == text


@pytest.mark.parametrize("text", ["", "cD0z", START[:-1], START + "A", "B" + START[1:], START.replace("A", "é")])
def test_invalid_cursors_are_rejected(text):
    with pytest.raises(NotFound, match=r"^Invalid cursor$"):
        decode(text)


@pytest.mark.parametrize(
    "cursor", [Cursor("0" * 32, 1, -1), Cursor("0" * 32, -1, 1), Cursor("0" * 32, 1, 2**63), Cursor("x", 1, 1)]
)
def test_invalid_positions_are_not_encoded(cursor):
    with pytest.raises(ValueError, match="not a position"):
        encode(cursor)
