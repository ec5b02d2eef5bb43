"""Request bodies and query parameters of search, saved searches and the catalog."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib.schemas import vocabularies
from chalicelib.schemas.base import Id, Schema, refuse
from chalicelib.schemas.base import Text as StoredText
from chalicelib.schemas.constants import KINDS, LICENSES, coded
from chalicelib.schemas.listing import PAGE_SIZE, ListQuery
from chalicelib.schemas.parts import Ids
from chalicelib.schemas.query import Flag, Languages, PageSize, Positive, Query, Text, Words, each, parts
from chalicelib.schemas.sync import MAX_DEPTH, is_too_deep

MAX_PAGE_SIZE = 100
MAX_PARAMS_LENGTH = 10_000  # characters
_LICENSE_IDS: dict[str, int] = {str(license.id): license.id for license in LICENSES.values()}


def _kind(value: str) -> str:
    return coded(value, KINDS, "Kind")


def _license(value: str) -> int:
    if value in _LICENSE_IDS:
        return _LICENSE_IDS[value]
    name = value if value in LICENSES else vocabularies.code_of("LicenseName", value)
    if name is None:
        raise refuse(f"{value[:60]!r} is not the id or the name of a licence of le_utils.")
    return int(LICENSES[str(name)].id)


def _licenses(value: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_license(part.strip()) for part in parts(value)))


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise refuse("Enter a date such as 2024-12-31 or a time such as 2024-12-31T23:59:59Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Kinds = Annotated[tuple[str, ...], BeforeValidator(each(_kind), json_schema_input_type=list[str])]
LicenseIds = Annotated[tuple[int, ...], BeforeValidator(_licenses, json_schema_input_type=list[int])]
Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
_PageSize = Annotated[PageSize, AfterValidator(lambda size: min(size, MAX_PAGE_SIZE))]


class SearchQuery(Query):
    """`GET /api/search`. A list matches if any of its values does; filters that are None or empty are not applied.

    `keywords` and `author` match by the beginnings of words; `keywords` may also be an id, node_id or content_id.
    """

    keywords: Text = ""
    author: Text = ""
    languages: Languages = ()  # in lower case
    licenses: LicenseIds = ()
    kinds: Kinds = ()
    coach: Flag | None = None
    resources: Flag | None = None
    assessments: Flag | None = None
    created_after: Moment | None = None
    channel_id__in: Ids = ()
    channel_list: Literal["public", "edit", "bookmark", "view"] | None = None
    exclude_channel: Id | None = None
    page: Positive = 1
    page_size: _PageSize = PAGE_SIZE


class CatalogQuery(ListQuery):
    """`GET /api/catalog`. A list matches if any of its values does; content filters look at the published version.

    `collection` is the token or the id of a set of channels.
    """

    id__in: Ids = ()
    keywords: Text = ""
    collection: Text = ""
    languages: Languages = ()  # in lower case
    kinds: Kinds = ()
    licenses: LicenseIds = ()
    categories: Words = ()
    countries: Words = ()
    coach: Flag | None = None
    assessments: Flag | None = None
    subtitles: Flag | None = None
    public: Flag | None = None
    published: Flag | None = None
    deleted: Flag | None = None


def _small(params: dict[str, Any]) -> dict[str, Any]:
    if is_too_deep(params):
        raise refuse(f"These parameters may be nested at most {MAX_DEPTH} levels deep.")
    if len(json.dumps(params)) > MAX_PARAMS_LENGTH:
        raise refuse(f"These parameters may have at most {MAX_PARAMS_LENGTH} characters as JSON.")
    return params


_Name = Annotated[StoredText, Field(min_length=1, max_length=200)]
_Params = Annotated[dict[str, Any], AfterValidator(_small)]


class SavedSearchIn(Schema):
    """`POST` and `PUT /api/search/saved-search`. `params` are the parameters of a search, as the client sends them."""

    id: Id | None = None  # clients may choose it
    name: _Name
    params: _Params = Field(default_factory=dict)


class SavedSearchChange(Schema):
    """`PATCH`: missing fields are left unchanged."""

    name: _Name = ""
    params: _Params = Field(default_factory=dict)
