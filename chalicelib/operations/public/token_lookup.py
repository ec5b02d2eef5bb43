"""Lookup of tokens, with a limit against guessing them.

A token opens a private channel to whoever knows it. There are only 2^32 tokens, so that trying would find some
of thousands of channels. Unknown tokens count against the address that sends them.
"""

from collections.abc import Collection

from chalicelib.domain.addresses import network_of
from chalicelib.errors import TooManyAttempts
from chalicelib.models import counters, secret_tokens
from chalicelib.models.counters import Period
from chalicelib.models.secret_tokens import SecretToken

PERIOD = 600  # seconds
MAX_UNKNOWN = 100  # tokens per address and period; a whole school may share one address
_COUNTED = "unknown_token"


def find(words: Collection[str], address: str) -> list[SecretToken]:
    """The existing tokens among these words, which have the form of tokens. Unknown ones count against the address.

    One read, with one write if some are unknown. Raises TooManyAttempts, also for existing tokens, once an address has
    sent more than MAX_UNKNOWN unknown ones: otherwise it could try until one is found.
    """
    if not words:
        return []
    period = counters.current(_COUNTED, network_of(address), PERIOD)
    found, unknown = secret_tokens.get_many_and_count(list(words), period)
    if unknown > MAX_UNKNOWN:
        raise _too_many(period)
    missing = len(set(words)) - len(found)
    if missing and counters.add(period, missing) > MAX_UNKNOWN:
        raise _too_many(period)
    return found


def _too_many(period: Period) -> TooManyAttempts:
    minutes = -(-period.seconds_left // 60)
    return TooManyAttempts(
        f"Too many unknown tokens were sent from your address. Check the token, and try again in {minutes} minutes.",
        period.seconds_left,
    )
