"""Public channels for browsing in Kolibri: `v2/channel/`, and `v1/channelmetadata` of the specification."""

from le_utils.constants import content_kinds, languages

from chalicelib.config import settings
from chalicelib.content_databases.index_file import PublicChannel
from chalicelib.content_databases.public_entries import channel_metadata
from chalicelib.domain.ids import parse_id
from chalicelib.domain.labels import has_label, ids_of
from chalicelib.errors import BadRequest, NotFound
from chalicelib.http.json_text import array
from chalicelib.http.pagination import page_of
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.public import public_index
from chalicelib.schemas.listing import PAGE_SIZE
from chalicelib.schemas.public import ChannelMetadataQuery
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.responses.common import paged
from chalicelib.schemas.responses.public import ChannelLabels, ChannelMetadata


def channel_list(request: Request) -> Reply:
    """Public channels that match all filters, by name; a page if `page` or `page_size` is given."""
    query = parse_query(ChannelMetadataQuery, request.query)
    index = public_index.current()
    found = [channel for channel in index.channels if _matches(channel, query)]
    if query.page is None and query.page_size is None:
        return Reply(array(tuple(channel.metadata for channel in found)), changed=index.modified)
    url = settings().public_url + request.path
    page = page_of(found, query.page or 1, query.page_size or PAGE_SIZE, url, request.query)
    return Reply({**page, "results": [_metadata(channel) for channel in page["results"]]}, changed=index.modified)


def retrieve(request: Request) -> Reply:
    """One public channel."""
    index = public_index.current()
    channel = index.by_id.get(parse_id(request.params["channel_id"]) or "")
    if channel is None:
        raise NotFound(f"Channel with id {request.params['channel_id'][:100]} not found")
    return Reply(_metadata(channel), changed=index.modified)


def retrieve_v1(request: Request) -> Reply:
    """One public channel. A malformed id is 400, as specified; in v2 it is 404, as recorded."""
    if parse_id(request.params["channel_id"]) is None:
        raise BadRequest("Invalid UUID format.")
    return retrieve(request)


def labels(_: Request) -> Reply:
    """Categories, languages and countries of public channels."""
    index = public_index.current()
    categories = {label for channel in index.channels for label in channel.facts["labels"]["categories"]}
    codes = {code for channel in index.channels for code in channel.entry["included_languages"]}
    countries = {country for channel in index.channels for country in channel.countries}
    spoken = [languages.getlang(code) for code in sorted(codes)]
    body = {
        "categories": sorted(categories),
        "languages": [{"id": language.code, "lang_name": language.native_name} for language in spoken if language],
        "countries": sorted(countries),
    }
    return Reply(body, changed=index.modified)


def _metadata(channel: PublicChannel) -> ChannelMetadata:
    return channel_metadata(channel.entry, channel.facts, channel.countries)


def _matches(channel: PublicChannel, query: ChannelMetadataQuery) -> bool:
    return (
        query.available
        and query.public
        and _has_kinds(channel, query)
        and _is_about(channel, query)
        and _says(channel, query.search)
        and _says(channel, query.keywords)
    )


def _has_kinds(channel: PublicChannel, query: ChannelMetadataQuery) -> bool:
    has_exercise = content_kinds.EXERCISE in channel.entry["kind_count"]
    return all(
        wanted is None or wanted == has
        for wanted, has in (
            (query.has_exercise, has_exercise),
            (query.contains_exercise, has_exercise),
            (query.contains_quiz, channel.facts["has_quiz"]),
        )
    )


def _is_about(channel: PublicChannel, query: ChannelMetadataQuery) -> bool:
    categories = channel.facts["labels"]["categories"]
    spoken = {code.lower() for code in channel.entry["included_languages"]}
    countries = {country.lower() for country in channel.countries}
    return (
        all(has_label(categories, ids_of("categories", word)) for word in query.categories)
        and (not query.languages or not spoken.isdisjoint(query.languages))
        and (not query.countries or any(country.lower() in countries for country in query.countries))
    )


def _says(channel: PublicChannel, words: str) -> bool:
    wanted = set(words.casefold().split())
    if not wanted:
        return True
    entry = channel.entry
    text = "\n".join((entry["name"], entry["description"], *channel.facts["tags"])).casefold()  # words have no newlines
    return all(word in text for word in wanted)


V2 = "/api/public/v2/channel"
V1 = "/api/public/v1/channelmetadata"

ROUTES = (
    Route("GET", f"{V2}/labels", labels, Access.ANYONE, "List the labels of public channels", answer=ChannelLabels),
    *(
        Route("GET", path, view, Access.ANYONE, summary, query=query, answer=answer)
        for base, one in ((V2, retrieve), (V1, retrieve_v1))
        for path, view, summary, query, answer in (
            (base, channel_list, "Browse public channels", ChannelMetadataQuery, paged(ChannelMetadata)),
            (f"{base}/{{channel_id}}", one, "Get a public channel", None, ChannelMetadata),
        )
    ),
)
