"""Query parameters of the public API, named like Kolibri's filters."""

from chalicelib.schemas.query import Flag, Language, Languages, PageSize, Positive, Query, Text, Words


class InfoQuery(Query):
    """`GET /api/public/info`. A `v` that is not a number counts as 1."""

    v: Text = "1"


class ChannelListQuery(Query):
    """`GET /api/public/v1/channels`. Kolibri sends `channel_versions`, which has no effect."""

    keyword: Text = ""
    language: Language | None = None
    tokens: Words = ()
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
