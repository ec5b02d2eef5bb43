"""Which channels an id or a token opens: published ones, public or not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.domain.public_record import of_version
from chalicelib.domain.tokens import is_channel_token, plain_token
from chalicelib.errors import NotFound
from chalicelib.models import channel_sets, channel_versions, channels, secret_tokens
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.operations.channel_entries import entry_of, moment
from chalicelib.operations.public_index import Index
from chalicelib.published.index_file import PublicChannel, name_key

MAX_TOKENS = 100


@dataclass(frozen=True)
class Opened:
    """A channel that may be seen, with its entry of the channel list and what else it is searched by."""

    entry: dict[str, Any]
    tags: list[str]
    changed: datetime

    def with_tokens(self, tokens: list[str]) -> "Opened":
        """The same, naming the tokens that opened it."""
        return Opened({**self.entry, "matching_tokens": tokens}, self.tags, self.changed)


@dataclass(frozen=True)
class _Target:
    token: str
    channel_id: str
    version: int | None = None


def by_identifier(identifier: str, index: Index) -> list[Opened]:
    """What an id or a token opens: one channel, or those of a set by name. No read where the channel is public,
    one for another id, up to three for a token."""
    channel_id = parse_id(identifier)
    if channel_id is None:
        return list(_opened(_targets([identifier], index), index).values())
    return list(_opened([_Target("", channel_id)], index).values())


def channel_id_of(identifier: str) -> str:
    """The channel that an id or a channel's token names, live or not.

    Raises NotFound where it names none.
    """
    channel_id = parse_id(identifier)
    found = secret_tokens.get_many([plain_token(identifier)]) if is_channel_token(plain_token(identifier)) else []
    named = channel_id or next((token.channel_id for token in found if token.channel_id), None)
    if named is None:
        raise NotFound(f"No channel has the id or token {identifier[:100]}.")
    return str(named)


def by_tokens(tokens: list[str], index: Index) -> dict[str, Opened]:
    """What tokens (the first hundred of them) open, by channel id, with the tokens that do; up to three reads."""
    targets = _targets(tokens[:MAX_TOKENS], index)
    matching: dict[str, list[str]] = {}
    for target in targets:
        matching.setdefault(target.channel_id, []).append(target.token)
    return {id: opened.with_tokens(matching[id]) for id, opened in _opened(targets, index).items()}


def _targets(tokens: list[str], index: Index) -> list[_Target]:
    words = [word for word in dict.fromkeys(map(plain_token, tokens)) if is_channel_token(word)]
    known = [_Target(word, index.by_token[word].id) for word in words if word in index.by_token]
    others = [word for word in words if word not in index.by_token]
    found = secret_tokens.get_many(others) if others else []
    return known + [target for token in found if token.channel_id for target in [_target(token)]] + _of_sets(found)


def _target(token: SecretToken) -> _Target:
    return _Target(token.token, token.channel_id, int(token.version) if token.version else None)


def _of_sets(tokens: list[SecretToken]) -> list[_Target]:
    pairs = [(token.token, token.channel_set_id) for token in tokens if token.channel_set_id]
    sets = {found.id: found for found in channel_sets.get_many([id for _, id in pairs])} if pairs else {}
    found = [(token, dict.fromkeys(sets[id].channel_ids)) for token, id in pairs if id in sets]
    return [_Target(token, channel_id) for token, channel_ids in found for channel_id in channel_ids]


def _opened(targets: list[_Target], index: Index) -> dict[str, Opened]:
    """By channel id, in the order of names. A channel that is opened whole is not opened as one of its versions."""
    versions = {target.channel_id: target.version for target in targets if target.version}
    whole = {target.channel_id for target in targets if not target.version}
    live = _live({target.channel_id for target in targets}, index)
    wanted = [(id, version) for id, version in versions.items() if id in live and id not in whole]
    for version in channel_versions.get_many(wanted) if wanted else []:
        live[version.channel_id] = _as_of(live[version.channel_id], version)
        whole.add(version.channel_id)
    found = [(id, opened) for id, opened in live.items() if id in whole]
    return dict(sorted(found, key=lambda pair: name_key(pair[1].entry)))


def _live(channel_ids: set[str], index: Index) -> dict[str, Opened]:
    public = {id: _public(index.by_id[id], index) for id in channel_ids if id in index.by_id}
    others = sorted(channel_ids - set(public))
    found = channels.get_many(others) if others else []
    return public | {channel.id: _private(channel, index) for channel in found if channels.is_live(channel)}


def _public(channel: PublicChannel, index: Index) -> Opened:
    return Opened(channel.entry, channel.facts["tags"], index.modified)


def _private(channel: Channel, index: Index) -> Opened:
    # It may have been public until now: what it says then changed no earlier than the index.
    changed = max(moment for moment in (index.modified, channel.last_published, channel.public_changed) if moment)
    return Opened(entry_of(channel), channel.published["tags"], changed)


def _as_of(opened: Opened, version: ChannelVersion) -> Opened:
    numbers = {
        "version": int(version.version),
        "total_resource_count": int(version.resource_count),
        "kind_count": version.kind_count,
        "published_size": int(version.size),
        "included_languages": version.included_languages,
        "last_published": moment(version.date_published),
    }
    return Opened(of_version(opened.entry, numbers), opened.tags, opened.changed)
