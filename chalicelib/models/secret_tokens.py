"""Words that open a channel in Kolibri.

| access pattern | key condition | used by |
| --- | --- | --- |
| what a token opens | `token` | channel lookup, `tokens=` of the channel list |
"""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.domain.tokens import new_channel_token
from chalicelib.models.base import Table, find, read_many, save_if


class SecretToken(Table):
    class Meta:
        table_name = "secret_tokens"

    token = UnicodeAttribute(hash_key=True)  # lower case, no dash
    channel_id = UnicodeAttribute()


def get(token: str) -> SecretToken | None:
    """A token as `tokens.plain_token` writes it."""
    return find(SecretToken, token)


def reserve(channel_id: str) -> str:
    """A new token that nobody has, for this channel. It opens nothing before the channel is published."""
    while True:
        token = new_channel_token()
        if save_if(SecretToken(token, channel_id=channel_id), SecretToken.token.does_not_exist()):
            return token


def get_many(tokens: list[str]) -> list[SecretToken]:
    """Those of the tokens that exist."""
    return list(read_many({SecretToken: tokens})[SecretToken])
