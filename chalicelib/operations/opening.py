"""Which channels an id or a token opens: published ones, public or not."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.domain.public_record import of_version
from chalicelib.domain.tokens import is_channel_token, plain_token
from chalicelib.errors import NotFound
from chalicelib.models import channel_sets, channel_versions, channels, secret_tokens
from chalicelib.models.base import now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.operations.channel_entries import entry_of, moment
from chalicelib.operations.public_index import Index
from chalicelib.published.index_file import PublicChannel, name_key

MAX_TOKENS = 100
# What the tables say may have changed at any moment. It is dated so much earlier that the index, which is looked after
# once a second and dated in whole seconds, is always newer than what was said of a channel before it became public.
_BEHIND = timedelta(seconds=2)


@dataclass(frozen=True)
class Opened:
    """A channel that may be seen, with its entry of the channel list and what else it is searched by."""

    entry: dict[str, Any]
    tags: list[str]
    version: int | None = None  # where not the whole channel was opened

    def with_tokens(self, targets: "Iterable[_Target]") -> "Opened":
        """The same, naming the tokens that lead to it."""
        tokens = [target.token for target in targets if self.version in (None, target.version)]
        return Opened({**self.entry, "matching_tokens": tokens}, self.tags, self.version)


@dataclass(frozen=True)
class Opening:
    """The channels that something opens, by id in the order of names, and when that may have changed last."""

    channels: dict[str, Opened]
    changed: datetime


@dataclass(frozen=True)
class _Target:
    token: str
    channel_id: str
    version: int | None = None


def by_identifier(identifier: str, index: Index) -> Opening:
    """What an id or a token opens: one channel, or those of a set. No read where the channel is public, one for
    another id, up to three for a token."""
    channel_id = parse_id(identifier)
    if channel_id:
        return Opening(_opened([_Target("", channel_id)], index), _changed(channel_id in index.by_id, index))
    words = _words([identifier])
    return Opening(_opened(_targets(words, index), index), _changed(words.keys() <= index.by_token.keys(), index))


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


def by_tokens(tokens: Sequence[str], index: Index) -> Opening:
    """What tokens (the first hundred of them) open, with the tokens that do; up to three reads."""
    words = _words(tokens[:MAX_TOKENS])
    targets = _targets(words, index)
    leading: dict[str, list[_Target]] = {}
    for target in targets:
        leading.setdefault(target.channel_id, []).append(target)
    found = {id: opened.with_tokens(leading[id]) for id, opened in _opened(targets, index).items()}
    return Opening(found, _changed(words.keys() <= index.by_token.keys(), index))


def _changed(is_of_index: bool, index: Index) -> datetime:
    """When an answer changed last, that the index alone or the tables too have given."""
    return index.modified if is_of_index else max(index.modified, now() - _BEHIND)


def _words(tokens: Sequence[str]) -> dict[str, None]:
    return {word: None for word in map(plain_token, tokens) if is_channel_token(word)}


def _targets(words: Collection[str], index: Index) -> list[_Target]:
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
    """By channel id, in the order of names. A channel is opened whole, or else as the highest of its versions."""
    live = _live({target.channel_id for target in targets}, index)
    whole = {target.channel_id for target in targets if not target.version}
    found = {id: opened for id, opened in live.items() if id in whole}
    pairs = {(target.channel_id, target.version) for target in targets if target.version}
    wanted = sorted((id, version) for id, version in pairs if id in live and id not in whole)
    versions = channel_versions.get_many(wanted) if wanted else []
    for version in sorted(versions, key=lambda version: int(version.version)):
        found[version.channel_id] = _as_of(live[version.channel_id], version)
    return dict(sorted(found.items(), key=lambda pair: name_key(pair[1].entry)))


def _live(channel_ids: set[str], index: Index) -> dict[str, Opened]:
    public = {id: _public(index.by_id[id]) for id in channel_ids if id in index.by_id}
    others = sorted(channel_ids - set(public))
    found = channels.get_many(others) if others else []
    return public | {channel.id: _private(channel) for channel in found if channels.is_live(channel)}


def _public(channel: PublicChannel) -> Opened:
    return Opened(channel.entry, channel.facts["tags"])


def _private(channel: Channel) -> Opened:
    return Opened(entry_of(channel), channel.published["tags"])


def _as_of(opened: Opened, version: ChannelVersion) -> Opened:
    numbers = {
        "version": int(version.version),
        "total_resource_count": int(version.resource_count),
        "kind_count": version.kind_count,
        "published_size": int(version.size),
        "included_languages": version.included_languages,
        "last_published": moment(version.date_published),
    }
    return Opened(of_version(opened.entry, numbers), opened.tags, int(version.version))
