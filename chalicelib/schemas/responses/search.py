"""Responses of search, saved searches and the catalog."""

from typing import Any

from typing_extensions import TypedDict

from chalicelib.schemas.responses.channel import CroppedThumbnail
from chalicelib.schemas.responses.common import Count, Id, Kind, Language, Moment, Url


class SearchResult(TypedDict):
    """A published node. `parent` and `root_id` are ids in the live tree as of the publish."""

    id: Id
    content_id: Id
    node_id: Id
    root_id: Id
    kind: Kind
    title: str
    parent: Id
    public: bool
    channel_id: Id
    channel_name: str
    snippet: str
    resource_count: Count
    original_channel_name: str


class SavedSearch(TypedDict):
    """A saved search. `params` are the parameters of `GET /api/search`."""

    id: Id
    name: str
    created: Moment
    modified: Moment
    params: dict[str, Any]
    saved_by: Id


class CatalogChannel(TypedDict):
    """A public channel as published. `count` is the number of distinct contents."""

    id: Id
    name: str
    description: str
    thumbnail: str | None
    thumbnail_url: Url | None
    thumbnail_encoding: CroppedThumbnail | dict[str, Any]
    language: Language | None
    primary_token: str | None
    count: Count
    public: bool
    last_published: Moment
    demo_server_url: str
