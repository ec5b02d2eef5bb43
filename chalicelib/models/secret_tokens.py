"""Tokens by which Kolibri finds a channel, one of its published versions, its draft, or a set of channels.

| access pattern | key condition | used by |
| --- | --- | --- |
| the target of a token | `token` | channel lookup, `tokens=` of the channel list, `collection=` of the catalog |
"""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.domain.tokens import new_channel_token
from chalicelib.models.base import Table, delete_if, read_many, save_if
from chalicelib.models.counters import Counter, Period


class SecretToken(Table):
    class Meta:
        table_name = "secret_tokens"

    token = UnicodeAttribute(hash_key=True)  # in lower case, without dashes
    channel_id = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)  # of the channel; the newest one if missing
    channel_set_id = UnicodeAttribute(null=True)  # instead of a channel
    draft: "JSONAttribute" = JSONAttribute(null=True)  # public record of a channel's draft; {} until it is finished


def reserve(channel_id: str) -> str:
    """Reserve a new unique token for a channel. It finds nothing until the channel is published."""
    return _reserve(channel_id=channel_id)


def reserve_for_draft(channel_id: str) -> str:
    """Reserve a new unique token for a draft of a channel. It finds nothing until the channel refers to it."""
    return _reserve(channel_id=channel_id, draft={})


def reserve_for_set(set_id: str) -> str:
    """Reserve a new unique token for a set of channels."""
    return _reserve(channel_set_id=set_id)


def _reserve(**target: Any) -> str:
    while True:
        token = new_channel_token()
        if save_if(SecretToken(token, **target), SecretToken.token.does_not_exist()):
            return token


def remove_of_channel(token: str, channel_id: str) -> bool:
    """Delete a token of a channel. Returns whether it existed."""
    return delete_if(SecretToken(token), SecretToken.channel_id == channel_id)


def get_many(tokens: list[str]) -> list[SecretToken]:
    """The existing tokens among these, which must be normalized by `plain_token`."""
    return list(read_many({SecretToken: tokens})[SecretToken])


def get_many_and_count(tokens: list[str], period: Period) -> tuple[list[SecretToken], int]:
    """The existing tokens among these, which must be normalized by `plain_token`, and the total of a counter. One read
    for up to 99 tokens."""
    found = read_many({SecretToken: tokens, Counter: [period.key]})
    return found[SecretToken], sum(int(counter.total) for counter in found[Counter])
