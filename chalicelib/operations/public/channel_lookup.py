"""Lookup of published channels, public or private, by id or token, and of drafts by their own token."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.content_databases.index_file import PublicChannel, name_key
from chalicelib.content_databases.public_entries import Entry, channel_entry
from chalicelib.domain.ids import parse_id
from chalicelib.domain.tokens import is_channel_token, plain_token
from chalicelib.errors import NotFound
from chalicelib.models import channel_sets, channel_versions, channels, secret_tokens
from chalicelib.models.base import now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.operations.public import set_channels, token_lookup
from chalicelib.operations.public.channel_entries import entry_of, moment
from chalicelib.operations.public.public_index import Index

# Data from the tables may have changed at any time. It is dated back by this, so that the index, which is checked once
# per second and has whole seconds, is always newer than a response from before the channel became public.
_BEHIND = timedelta(seconds=2)


@dataclass(frozen=True)
class Opened:
    """A found channel: its entry in the channel list, and its tags for searching."""

    entry: Entry
    tags: list[str]
    version: int | None = None  # set if only this version was found

    def with_tokens(self, targets: "Iterable[_Target]") -> "Opened":
        """A copy with `matching_tokens`, the tokens by which it was found."""
        tokens = [target.token for target in targets if self.version in (None, target.version)]
        entry: Entry = {**self.entry, "matching_tokens": tokens}
        return Opened(entry, self.tags, self.version)


@dataclass(frozen=True)
class Opening:
    """The result of a lookup: channels by id, sorted by name, and when it may have changed last."""

    channels: dict[str, Opened]
    changed: datetime


@dataclass(frozen=True)
class _Target:
    token: str
    channel_id: str
    version: int | None = None
    set_owner: str | None = None  # the owner of the set, "" if the set has none; None if it is not from a set


def by_identifier(identifier: str, index: Index, address: str) -> Opening:
    """Look up an id or a token: one channel, or the channels of a set.

    No read if the channel is public, one read for another id and up to three for a token. This is the only way to find
    a draft, which requires its token. Unknown tokens count against the client's `address`. Unknown ids do not: Kolibri
    looks up channels that are not here. Raises TooManyAttempts.
    """
    channel_id = parse_id(identifier)
    if channel_id:
        return Opening(_opened([_Target("", channel_id)], index)[0], _changed(channel_id in index.by_id, index))
    words = _words([identifier])
    found = _stored(words, index, address)
    opened = _drafts(found) or _opened(_targets(words, found, index), index)[0]
    return Opening(opened, _changed(words.keys() <= index.by_token.keys(), index))


def channel_id_of(identifier: str) -> str:
    """The channel id for an id or a channel's token, whether the channel is published or not. Not for requests of
    clients: it does not limit guessing.

    Raises NotFound for an unknown token.
    """
    channel_id = parse_id(identifier)
    found = secret_tokens.get_many([plain_token(identifier)]) if is_channel_token(plain_token(identifier)) else []
    named = channel_id or next((token.channel_id for token in found if token.channel_id), None)
    if named is None:
        raise NotFound(f"No channel has the id or token {identifier[:100]}.")
    return str(named)


def by_tokens(tokens: Sequence[str], index: Index, address: str) -> Opening:
    """Look up tokens: the channels with the tokens that found them. Up to three reads.

    Unknown tokens count against the client's `address`. Raises TooManyAttempts.
    """
    words = _words(tokens)
    opened, targets = _opened(_targets(words, _stored(words, index, address), index), index)
    leading: dict[str, list[_Target]] = {}
    for target in targets:
        leading.setdefault(target.channel_id, []).append(target)
    found = {id: one.with_tokens(leading[id]) for id, one in opened.items()}
    return Opening(found, _changed(words.keys() <= index.by_token.keys(), index))


def _changed(is_of_index: bool, index: Index) -> datetime:
    """When a response that comes from the index, or also from the tables, may have changed last."""
    return index.modified if is_of_index else max(index.modified, now() - _BEHIND)


def _words(tokens: Sequence[str]) -> dict[str, None]:
    return {word: None for word in map(plain_token, tokens) if is_channel_token(word)}


def _stored(words: Collection[str], index: Index, address: str) -> list[SecretToken]:
    """The tokens that are not in the index."""
    return token_lookup.find([word for word in words if word not in index.by_token], address)


def _targets(words: Collection[str], found: list[SecretToken], index: Index) -> list[_Target]:
    known = [_Target(word, index.by_token[word].id) for word in words if word in index.by_token]
    plain = [token for token in found if token.channel_id and token.draft is None]
    return known + [_target(token) for token in plain] + _of_sets(found)


def _drafts(tokens: list[SecretToken]) -> dict[str, Opened]:
    """The draft that a token belongs to, while the channel refers to the token.

    It has no version, so that Kolibri's `importchannel` fetches the draft's database.
    """
    records = {token.channel_id: token for token in tokens if token.draft}
    found = channels.get_many(list(records)) if records else []
    live = [channel for channel in found if not channel.deleted and channel.draft_token == records[channel.id].token]
    return {channel.id: _draft(channel, records[channel.id].draft) for channel in live}


def _draft(channel: Channel, record: dict[str, Any]) -> Opened:
    entry = channel_entry(channel.id, 0, record["drafted"], False, channel.version_notes, record, [])
    return Opened({**entry, "version": None}, record["tags"])


def _target(token: SecretToken) -> _Target:
    return _Target(token.token, token.channel_id, int(token.version) if token.version else None)


def _of_sets(tokens: list[SecretToken]) -> list[_Target]:
    pairs = [(token.token, token.channel_set_id) for token in tokens if token.channel_set_id]
    sets = {found.id: found for found in channel_sets.get_many([id for _, id in pairs])} if pairs else {}
    found = [(token, sets[id]) for token, id in pairs if id in sets]
    return [
        _Target(token, channel_id, set_owner=one.user_id or "")
        for token, one in found
        for channel_id in dict.fromkeys(one.channel_ids)
    ]


def _opened(targets: list[_Target], index: Index) -> tuple[dict[str, Opened], list[_Target]]:
    """Channels by id, sorted by name, and the targets that found them.

    If a channel was found only by tokens of versions, the highest of these versions is returned.
    """
    live, targets = _live(targets, index)
    whole = {target.channel_id for target in targets if not target.version}
    found = {id: opened for id, opened in live.items() if id in whole}
    pairs = {(target.channel_id, target.version) for target in targets if target.version}
    wanted = sorted((id, version) for id, version in pairs if id in live and id not in whole)
    versions = channel_versions.get_many(wanted) if wanted else []
    for version in sorted(versions, key=lambda version: int(version.version)):
        found[version.channel_id] = _as_of(live[version.channel_id], version)
    return dict(sorted(found.items(), key=lambda pair: name_key(pair[1].entry))), targets


def _live(targets: list[_Target], index: Index) -> tuple[dict[str, Opened], list[_Target]]:
    """The visible channels of the targets, and the targets that found them. One batch read, none if all are public."""
    listed = [target for target in targets if target.channel_id in index.by_id]
    public = {target.channel_id: _public(index.by_id[target.channel_id]) for target in listed}
    others = [target for target in targets if target.channel_id not in public]
    if not others:
        return public, targets
    owned = [(target.set_owner, target.channel_id) for target in others if target.set_owner]
    found = set_channels.read(sorted({target.channel_id for target in others}), owned)
    leading = [target for target in others if found.is_shown(target.channel_id, target.set_owner)]
    private = {target.channel_id: _private(found.channels[target.channel_id]) for target in leading}
    return public | private, listed + leading


def _public(channel: PublicChannel) -> Opened:
    return Opened(channel.entry, channel.facts["tags"])


def _private(channel: Channel) -> Opened:
    return Opened(entry_of(channel), channel.published["tags"])


def _as_of(opened: Opened, version: ChannelVersion) -> Opened:
    """A channel as one of its versions: with that version's numbers, and its notes up to then."""
    number, notes = int(version.version), opened.entry["version_notes"]
    entry: Entry = {
        **opened.entry,
        "version": number,
        "total_resource_count": int(version.resource_count),
        "kind_count": version.kind_count,
        "published_size": int(version.size),
        "included_languages": version.included_languages,
        "last_published": moment(version.date_published),
        "version_notes": {each: text for each, text in notes.items() if int(each) <= number},
    }
    return Opened(entry, opened.tags, number)
