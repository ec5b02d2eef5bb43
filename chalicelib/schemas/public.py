"""Query parameters of the public API, named like Kolibri's filters."""

from typing import Annotated

from pydantic import AfterValidator

from chalicelib.schemas.base import refuse
from chalicelib.schemas.query import Flag, Language, Languages, PageSize, Positive, Query, Text, Words

MAX_TOKENS = 20  # per request: Kolibri sends one, and more would help to guess them


class InfoQuery(Query):
    """`GET /api/public/info`. A `v` that is not a number counts as 1."""

    v: Text = "1"


def _few(tokens: tuple[str, ...]) -> tuple[str, ...]:
    if len(tokens) > MAX_TOKENS:
        raise refuse(f"At most {MAX_TOKENS} tokens are allowed; these are {len(tokens)}. Send several requests.")
    return tokens


class ChannelListQuery(Query):
    """`GET /api/public/v1/channels`. At most 20 `tokens`, separated by commas. Kolibri sends
    `channel_versions`, which has no effect.
    """

    keyword: Text = ""
    language: Language | None = None
    tokens: Annotated[Words, AfterValidator(_few)] = ()
    channel_versions: Flag = False


class ChannelMetadataQuery(Query):
    """`GET /api/public/v2/channel/` and `v1/channelmetadata`. A list matches if any of its values does."""

    available: Flag = True
    public: Flag = True
    has_exercise: Flag | None = None
    contains_exercise: Flag | None = None
    contains_quiz: Flag | None = None
    categories: Words = ()
    countries: Words = ()
    languages: Languages = ()
    search: Text = ""
    keywords: Text = ""
    page: Positive | None = None
    page_size: PageSize | None = None


class NodePageQuery(Query):
    """Pagination of a list of nodes."""

    max_results: PageSize | None = None
    cursor: Text | None = None


class TreePageQuery(Query):
    """Depth and pagination of a node's tree."""

    depth: Positive | None = None
    next__gt: Positive | None = None


class ImportMetadataQuery(NodePageQuery):
    """`GET /api/public/v2/importmetadata/{id}`."""

    descendants: Flag = False
    schema_version: Text = ""  # default: 5
