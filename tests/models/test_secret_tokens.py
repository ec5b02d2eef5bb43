"""Channel tokens."""

import pytest

from chalicelib.models import secret_tokens
from chalicelib.models.secret_tokens import SecretToken
from tests.models.dynamodb import answering, failed

TAKEN, FREE = "babab" * 2, "dadad" * 2


@pytest.fixture
def drawn(monkeypatch):
    """The tokens that the random generator returns, in turn."""
    words = iter([TAKEN, TAKEN, FREE])
    monkeypatch.setattr(secret_tokens, "new_channel_token", lambda: next(words))


def test_reserved_token_finds_the_channel(aws):
    token = secret_tokens.reserve("c" * 32)
    assert secret_tokens.get_many([token])[0].channel_id == "c" * 32


def test_token_of_another_channel_is_not_reused(aws, drawn):
    SecretToken(TAKEN, channel_id="a" * 32).save()
    assert secret_tokens.reserve("b" * 32) == FREE
    assert secret_tokens.get_many([TAKEN])[0].channel_id == "a" * 32
    assert secret_tokens.get_many([FREE])[0].channel_id == "b" * 32


def test_other_failures_are_not_collisions(aws, drawn):
    error = failed("ValidationException", "PutItem")
    with answering("PutItem", error), pytest.raises(Exception, match="ValidationException"):
        secret_tokens.reserve("b" * 32)


def test_unknown_tokens_find_nothing(aws):
    assert secret_tokens.get_many([FREE]) == []


def test_many_tokens_are_read_in_one_batch(aws):
    tokens = {secret_tokens.reserve(f"{number:032x}"): f"{number:032x}" for number in range(3)}
    found = secret_tokens.get_many([*tokens, FREE, *tokens])
    assert {token.token: token.channel_id for token in found} == tokens
    assert len(found) == 3
