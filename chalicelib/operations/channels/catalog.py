"""The catalog: the published version of public channels, open to everyone and read from the public index only."""

from functools import lru_cache
from typing import TypedDict

from le_utils.constants import content_kinds

from chalicelib.content_databases.index_file import PublicChannel
from chalicelib.domain.ids import parse_id
from chalicelib.domain.labels import has_label, ids_of
from chalicelib.domain.tokens import is_channel_token, plain_token
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_sets
from chalicelib.operations.channels.channel_representation import thumbnail_url
from chalicelib.operations.public import public_index, token_lookup
from chalicelib.schemas.responses.search import CatalogChannel
from chalicelib.schemas.search import CatalogQuery


class Published(TypedDict):
    """What the published version of a channel contains; `size` is in bytes, `kinds` has the number of each kind."""

    version: int
    size: int
    resources: int
    kinds: dict[str, int]
    languages: list[str]
    categories: list[str]
    licenses: list[int]
    countries: list[str]


class Choices(TypedDict):
    """The values by which the catalog can be filtered: those that occur in public channels."""

    languages: list[str]
    kinds: list[str]
    licenses: list[int]
    categories: list[str]
    countries: list[str]


def listed(caller: Identity, query: CatalogQuery) -> list[CatalogChannel]:
    """Matching public channels, ordered by descending priority, then by name."""
    found = [channel for channel in public_index.current().channels if _matches(channel, query)]
    if query.collection:
        named = _collection(query.collection, caller.address)
        found = [channel for channel in found if channel.id in named]
    found.sort(key=lambda channel: (-channel.shown["priority"], channel.name_key))
    return [_row(channel) for channel in found]


def one(_: Identity, channel_id: str) -> CatalogChannel:
    """Return a public channel. Raises NotFound."""
    channel = public_index.current().by_id.get(parse_id(channel_id) or "")
    if channel is None:
        raise NotFound(f"No public channel has the id {channel_id[:60]!r}.")
    return _row(channel)


def published(channel_ids: list[str]) -> dict[str, Published]:
    """What those of these channels that are public contain, by their ids."""
    known = public_index.current().by_id
    return {channel_id: _published(known[channel_id]) for channel_id in channel_ids if channel_id in known}


def choices() -> Choices:
    """The values that filters of the catalog can have."""
    return _choices(public_index.current().key)


@lru_cache(maxsize=1)
def _choices(_: str) -> Choices:
    """`choices` of the index with this key."""
    found = [_published(channel) for channel in public_index.current().channels]
    return {
        "languages": sorted({code for one in found for code in one["languages"]}),
        "kinds": sorted({kind for one in found for kind in one["kinds"]}),
        "licenses": sorted({number for one in found for number in one["licenses"]}),
        "categories": sorted({code for one in found for code in one["categories"]}),
        "countries": sorted({code for one in found for code in one["countries"]}),
    }


def _published(channel: PublicChannel) -> Published:
    entry, facts = channel.entry, channel.facts
    return {
        "version": channel.version,
        "size": entry["published_size"],
        "resources": entry["total_resource_count"],
        "kinds": entry["kind_count"],
        "languages": sorted(_languages(channel)),
        "categories": facts["labels"]["categories"],
        "licenses": facts["licenses"],
        "countries": channel.countries,
    }


def _languages(channel: PublicChannel) -> set[str]:
    return {code for code in (channel.entry["language"], *channel.entry["included_languages"]) if code}


def _collection(name: str, address: str) -> set[str]:
    """Return the channel IDs of a set given by its token or its ID; empty if the set does not exist.

    Unknown tokens count against the client's `address`. Raises TooManyAttempts.
    """
    set_ids = [plain] if (plain := parse_id(name)) else []
    token = plain_token(name)
    if not set_ids and is_channel_token(token):
        set_ids = [found.channel_set_id for found in token_lookup.find([token], address) if found.channel_set_id]
    return {channel_id for found in channel_sets.get_many(set_ids) for channel_id in found.channel_ids}


def _matches(channel: PublicChannel, query: CatalogQuery) -> bool:
    facts = channel.facts
    flags = (
        (query.public, True),
        (query.published, True),
        (query.deleted, False),
        (query.coach, facts["num_coach_contents"] > 0),
        (query.assessments, content_kinds.EXERCISE in channel.entry["kind_count"]),
        (query.subtitles, facts["has_subtitles"]),
    )
    return (
        all(wanted in (None, has) for wanted, has in flags)
        and (not query.id__in or channel.id in query.id__in)
        and _has_content(channel, query)
        and _matches_keywords(channel, query.keywords)
    )


def _has_content(channel: PublicChannel, query: CatalogQuery) -> bool:
    entry, facts = channel.entry, channel.facts
    languages = {code.lower() for code in _languages(channel)}
    countries = {code.lower() for code in channel.countries}
    return (
        (not query.languages or not languages.isdisjoint(query.languages))
        and (not query.kinds or not entry["kind_count"].keys().isdisjoint(query.kinds))
        and (not query.licenses or not set(facts["licenses"]).isdisjoint(query.licenses))
        and (not query.countries or not countries.isdisjoint(map(str.lower, query.countries)))
        and (not query.categories or _is_about(facts["labels"]["categories"], query.categories))
    )


def _is_about(categories: list[str], words: tuple[str, ...]) -> bool:
    return any(has_label(categories, ids_of("categories", word)) for word in words)


def _matches_keywords(channel: PublicChannel, words: str) -> bool:
    if not words:
        return True
    text = "\n".join((channel.entry["name"], channel.entry["description"], *channel.facts["tags"])).casefold()
    return all(word in text for word in set(words.casefold().split()))


def _row(channel: PublicChannel) -> CatalogChannel:
    entry, shown = channel.entry, channel.shown
    return {
        "id": entry["id"],
        "name": entry["name"],
        "description": entry["description"],
        "language": entry["language"],
        "public": entry["public"],
        "last_published": entry["last_published"],
        "thumbnail": shown["thumbnail"],
        "thumbnail_url": thumbnail_url(shown["thumbnail"]),
        "thumbnail_encoding": shown["thumbnail_encoding"],
        "primary_token": channel.tokens[0] if channel.tokens else None,
        "count": channel.facts["content_count"],
        "demo_server_url": shown["demo_server_url"],
    }
