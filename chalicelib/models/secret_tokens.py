"""Words that open in Kolibri: a channel, one published version of it, a draft of it, or a set of channels.

| access pattern | key condition | used by |
| --- | --- | --- |
| what a token opens | `token` | channel lookup, `tokens=` of the channel list |
"""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.domain.tokens import new_channel_token
from chalicelib.models.base import Table, read_many, save_if


class SecretToken(Table):
    class Meta:
        table_name = "secret_tokens"

    token = UnicodeAttribute(hash_key=True)  # lower case, no dash
    channel_id = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)  # of the channel; without it the newest
    channel_set_id = UnicodeAttribute(null=True)  # instead of a channel
    draft: "JSONAttribute" = JSONAttribute(null=True)  # public record of a channel's draft, {} while it is being made


def reserve(channel_id: str) -> str:
    """A new token that nobody has, for this channel. It opens nothing before the channel is published."""
    return _reserve(channel_id=channel_id)


def reserve_for_draft(channel_id: str) -> str:
    """A new token that nobody has, for a draft of this channel. It opens nothing before the channel names it."""
    return _reserve(channel_id=channel_id, draft={})


def reserve_for_set(set_id: str) -> str:
    """A new token that nobody has, for this set of channels."""
    return _reserve(channel_set_id=set_id)


def _reserve(**target: Any) -> str:
    while True:
        token = new_channel_token()
        if save_if(SecretToken(token, **target), SecretToken.token.does_not_exist()):
            return token


def get_many(tokens: list[str]) -> list[SecretToken]:
    """Those of the tokens, written as `tokens.plain_token` does, that exist."""
    return list(read_many({SecretToken: tokens})[SecretToken])
