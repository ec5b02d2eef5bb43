"""Request bodies and query parameters of channels, their versions, drafts and bookmarks."""

import base64
import binascii
from typing import Annotated, Any, Literal

from le_utils.constants import exercises
from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib.schemas.base import BlankText, Id, Schema, Text, Title, refuse
from chalicelib.schemas.constants import MASTERY_MODELS, Language, LicenseName, coded, one_of
from chalicelib.schemas.countries import Countries
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.pictures import PictureName
from chalicelib.schemas.query import Flag, Languages, PageSize, Positive, Query, Words, whole
from chalicelib.schemas.query import Text as QueryText

MAX_PICTURE = 50_000  # characters; a channel's item holds the image twice, and DynamoDB items hold at most 400 kB
MAX_VERSIONS = 100  # per page
_BAD_CURSOR = "Invalid cursor. Use the one in `more` of the previous page."


def _empty_as_null(value: Any) -> Any:
    return None if value == "" else value


def _picture(value: str) -> str:
    if value and not value.startswith("data:image/"):
        raise refuse("This must be an image as a data URI: data:image/png;base64,…")
    return value


def _mastery_model(value: str) -> str:
    return coded(value, MASTERY_MODELS, "MasteryModel")


Tree = Literal["main", "staging", "previous"]
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Count = Annotated[int | None, Field(ge=0, le=1000)]
ChannelName = Annotated[Title, Field(max_length=200)]
Name = Annotated[Text | None, Field(max_length=200)]


class ThumbnailEncoding(Schema):
    """The cropped thumbnail and how it was cropped."""

    base64: Annotated[BlankText, Field(max_length=MAX_PICTURE), AfterValidator(_picture)] = ""
    orientation: Number = 0
    scale: Number = 1
    startX: Number = 0  # noqa: N815 (Studio's field name)
    startY: Number = 0  # noqa: N815


class ContentDefaults(Schema):
    """Default metadata of new nodes in a channel."""

    author: Name = None
    license: LicenseName | None = None
    m_value: Count = 5
    n_value: Count = 5
    language: Language | None = None
    provider: Name = None
    aggregator: Name = None
    mastery_model: Annotated[str, AfterValidator(_mastery_model), one_of(MASTERY_MODELS)] | None = (
        exercises.NUM_CORRECT_IN_A_ROW_5
    )
    copyright_holder: Name = None
    license_description: Annotated[Text | None, Field(max_length=400)] = None
    auto_randomize_questions: bool = True
    auto_derive_audio_thumbnail: bool = True
    auto_derive_html5_thumbnail: bool = True
    auto_derive_video_thumbnail: bool = True
    auto_derive_document_thumbnail: bool = True
    auto_derive_exercise_thumbnail: bool = True


class ChannelChange(Schema):
    """Fields of a channel that can be changed; missing fields are left unchanged."""

    name: ChannelName = ""
    description: Annotated[BlankText, Field(max_length=400)] = ""
    thumbnail: Annotated[PictureName | None, BeforeValidator(_empty_as_null)] = None
    thumbnail_encoding: ThumbnailEncoding | None = None
    language: Annotated[Language | None, BeforeValidator(_empty_as_null)] = None
    content_defaults: ContentDefaults | None = None
    source_domain: Annotated[BlankText, Field(max_length=300)] = ""
    countries: Countries = Field(default_factory=list)
    deleted: bool = False


class ChannelIn(ChannelChange):
    """A channel to create or replace. `id` is only used when the channel is created."""

    id: Id | None = None
    name: ChannelName


class ChannelQuery(ListQuery):
    """`GET /api/channel`. A list matches if any of its values does; content filters look at the live tree."""

    id__in: Words = ()
    exclude: Words = ()
    collection: QueryText = ""
    keywords: QueryText = ""
    languages: Languages = ()
    licenses: Words = ()  # names or ids of le_utils
    kinds: Words = ()
    coach: Flag | None = None
    assessments: Flag | None = None
    subtitles: Flag | None = None
    published: Flag | None = None
    public: Flag | None = None
    deleted: Flag = False
    staged: Flag | None = None
    cheffed: Flag | None = None
    edit: Flag | None = None
    view: Flag | None = None
    bookmark: Flag | None = None


class OfChannel(ListQuery):
    """Query of lists that belong to one channel."""

    channel: QueryText = ""


def cursor_before(version: int) -> str:
    """Encode the cursor of the page that starts below a version."""
    return base64.urlsafe_b64encode(f"v={version}".encode()).decode().rstrip("=")


def _cursor(value: str) -> int:
    try:
        written = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        version = whole(written.decode("ascii").removeprefix("v="))
    except (binascii.Error, UnicodeError) as error:
        raise refuse(_BAD_CURSOR) from error
    if version is None or not 0 < version < 2**53 or cursor_before(version) != value:
        raise refuse(_BAD_CURSOR)
    return version


class VersionQuery(Query):
    """`GET /api/channelversion`."""

    channel: QueryText = ""
    max_results: Annotated[Positive, AfterValidator(lambda value: min(value, MAX_VERSIONS))] = MAX_VERSIONS
    cursor: Annotated[int, BeforeValidator(_cursor, json_schema_input_type=str)] | None = (
        None  # the page lists versions below this one
    )


class DiffQuery(Query):
    """`GET /api/channel/{id}/diff`: the changes from one tree of the channel to another. Every section is paginated."""

    old: Tree = Field(default="main", alias="from")
    new: Tree = Field(default="staging", alias="to")
    page: Positive = 1
    page_size: PageSize = 100


class PublishIn(Schema):
    """`POST /api/channel/{id}/publish`. `language` also becomes the channel's language."""

    version_notes: Annotated[BlankText, Field(max_length=10_000)] = ""
    language: Annotated[Language | None, BeforeValidator(_empty_as_null)] = None


class DraftIn(Schema):
    """`POST /api/channel/{id}/publish_draft`: a draft is made from the live tree or from the staging tree."""

    use_staging_tree: bool = False


class BookmarkIn(Schema):
    channel: Id
