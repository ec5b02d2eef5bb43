"""The public API for Kolibri: information about the server, and channels (specification: Kolibri integration)."""

from typing import Any

from chalicelib import RELEASED, __version__
from chalicelib.config import settings
from chalicelib.content_databases.index_file import name_key
from chalicelib.content_databases.public_entries import Entry
from chalicelib.domain.ids import derived_id, parse_id
from chalicelib.errors import NotFound
from chalicelib.http.json_text import array, compact
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.public import channel_lookup, public_index
from chalicelib.schemas.public import ChannelListQuery, InfoQuery
from chalicelib.schemas.query import last_values, parse_query, whole
from chalicelib.schemas.responses.public import ChannelLookup, ChannelSummary, Info, PublicChannel

NAMESPACE = "6ba7b8109dad11d180b400c04fd430c8"  # uuid.NAMESPACE_DNS


def info(request: Request) -> Reply:
    """Information about this server. Kolibri requests `v=3`; higher versions of the response add fields.

    Reads nothing: Kolibri uses it to check that the server is there. The answer changes only with a release.
    """
    version = whole(last_values(request.query).get("v", "")) or 1
    answer: dict[str, Any] = {
        "application": "studio",
        "kolibri_version": "0.16.0",
        "instance_id": derived_id(NAMESPACE, settings().public_url),
        "device_name": "Kolibri Studio",
        "operating_system": None,
    }
    if version >= 2:
        answer["subset_of_users_device"] = False
    if version >= 3:
        answer["min_content_schema_version"] = "5"
    answer["studio_version"] = __version__  # not an answer of Kolibri Studio's; clients ignore it
    return Reply(answer, changed=RELEASED)


def channel_list(request: Request) -> Reply:
    """Public channels and those of `tokens`, by name; filtered by `keyword` and `language`."""
    tokens = ",".join(request.query.get("tokens", []))
    query = parse_query(ChannelListQuery, {**request.query, "tokens": [tokens]})
    index = public_index.current()
    opened = channel_lookup.by_tokens(query.tokens, index, request.address)
    found = [
        (channel.name_key, channel.text)
        for channel in index.channels
        if channel.id not in opened.channels and _matches(channel.entry, channel.facts["tags"], query)
    ]
    found += [
        (name_key(channel.entry), compact(channel.entry))
        for channel in opened.channels.values()
        if _matches(channel.entry, channel.tags, query)
    ]
    texts = tuple(text for _, text in sorted(found))
    return Reply(array(texts), changed=opened.changed)


def _matches(entry: Entry, tags: list[str], query: ChannelListQuery) -> bool:
    texts = [entry["name"], entry["description"], *tags]
    keyword = query.keyword.casefold()
    spoken = [entry["language"], *entry["included_languages"]]
    return (not keyword or any(keyword in text.casefold() for text in texts)) and (
        not query.language or query.language in [code.lower() for code in spoken if code]
    )


def lookup(request: Request) -> Reply:
    """A list of the channel with this ID, or of the channels of this token."""
    identifier = request.params["identifier"]
    found = channel_lookup.by_identifier(identifier, public_index.current(), request.address)
    if not found.channels:
        raise NotFound(f"No channel matching {identifier[:100]} found")
    return Reply([channel.entry for channel in found.channels.values()], changed=found.changed)


def channel(request: Request) -> Reply:
    """Name, description and version of a published channel."""
    given = request.params["channel_id"]
    index = public_index.current()
    found = channel_lookup.by_identifier(given, index, request.address) if parse_id(given) else None
    if found is None or not found.channels:
        raise NotFound(f"Channel with id {given[:100]} not found")
    (opened,) = found.channels.values()
    return Reply({name: opened.entry[name] for name in ("name", "description", "version")}, changed=found.changed)


def no_such_version(_: Request) -> Reply:
    """Refuses versions of this API that do not exist, and paths that a version does not have."""
    raise NotFound("API version is unavailable")


LOOKED_UP = list[ChannelLookup]
ROUTES = (
    *(
        Route("GET", f"/api/public/{path}", view, Access.ANYONE, summary, query=query, answer=answer, refusals=refusals)
        for path, view, summary, query, answer, refusals in (
            ("info", info, "Get information about this server", InfoQuery, Info, ()),
            ("v1/channels", channel_list, "List public channels", ChannelListQuery, list[PublicChannel], (429,)),
            ("v1/channels/lookup/{identifier}", lookup, "Find channels by ID or token", None, LOOKED_UP, (429,)),
            ("channel/{channel_id}", channel, "Get a summary of a channel", None, ChannelSummary, ()),
        )
    ),
    *(
        Route("GET", f"/api/public/{path}", no_such_version, Access.ANYONE, "Unavailable API version", status=404)
        for path in (
            "v2/channels",  # API Gateway prefers literal segments and does not fall back to parameters
            "v2/channels/lookup/{identifier}",
            "{version}/channels",
            "{version}/channels/lookup/{identifier}",
            "{version}/{resource}",
            "{version}/{resource}/{identifier}",
        )
    ),
)
