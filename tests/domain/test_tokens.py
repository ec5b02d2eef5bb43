"""API tokens and channel tokens."""

import hashlib
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import tokens

QUINTETS = re.compile(r"([bdfghjklmnprstvz][aiou]){2}[bdfghjklmnprstvz]" * 2)


def test_api_tokens_are_40_hex_digits_and_differ():
    made = {tokens.new_api_token() for _ in range(100)}
    assert len(made) == 100
    assert all(tokens.is_api_token(token) and len(token) == 40 for token in made)


@pytest.mark.parametrize("text", ["", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "a" * 40 + "\n", " " + "a" * 40])
def test_other_texts_are_not_api_tokens(text):
    assert not tokens.is_api_token(text)


def test_digest_is_the_sha256():
    assert tokens.digest("abc") == hashlib.sha256(b"abc").hexdigest()


def test_a_channel_token_is_two_pronounceable_quintets():
    made = [tokens.new_channel_token() for _ in range(200)]
    assert all(QUINTETS.fullmatch(token) for token in made)
    assert len(set(made)) > 190


def test_a_channel_token_always_has_two_quintets(monkeypatch):
    """A small random number must not make a token of one quintet, as 16 bits can be guessed."""
    drawn = iter([uuid.UUID(int=1), uuid.UUID(int=0xFFFF << 96)])
    monkeypatch.setattr(uuid, "uuid4", lambda: next(drawn, uuid.UUID(int=2**128 - 1)))
    assert all(QUINTETS.fullmatch(tokens.new_channel_token()) for _ in range(2))


@given(st.from_regex(QUINTETS, fullmatch=True))
def test_typed_tokens_are_normalized(token):
    typed = [token, f"{token[:5]}-{token[5:]}", token.upper(), f"  {token[:5]}-{token[5:].title()}\n"]
    assert {tokens.plain_token(text) for text in typed} == {token}


def test_keys_of_links_are_masked_in_paths():
    key = "0123456789" * 4
    assert tokens.masked(f"/accounts/activate/{key}/") == "/accounts/activate/***/"
    assert tokens.masked(f"/accounts/password/reset/{key}") == "/accounts/password/reset/***"
    assert tokens.masked(f"/api/channel/{key[:32]}") == f"/api/channel/{key[:32]}"
