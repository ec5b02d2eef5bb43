"""Bodies and queries of channels, their versions, bookmarks and tasks (recorded: Studio's channel list)."""

import base64
import binascii
from typing import Annotated, Any, Literal

from le_utils.constants import exercises
from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib.domain.storage_keys import split_filename
from chalicelib.schemas.base import BlankText, Id, Schema, Text, Title, refuse
from chalicelib.schemas.constants import FORMATS, MASTERY_MODELS, Language, LicenseName, one_of
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import Flag, Languages, PageSize, Positive, Query, Words, whole
from chalicelib.schemas.query import Text as QueryText

MAX_PICTURE = 50_000  # characters; the picture is in the channel's item twice, of 400 kB at most
MAX_VERSIONS = 100  # a page


def _filename(value: str) -> str:
    parts = split_filename(value)
    if parts is None or parts[1] not in FORMATS:
        raise refuse("This must be a name like <md5 of the file>.<a file format of le-utils>.")
    return value


def _empty_as_null(value: Any) -> Any:
    return None if value == "" else value


def _picture(value: str) -> str:
    if value and not value.startswith("data:image/"):
        raise refuse("This must be a picture as a data URI: data:image/png;base64,…")
    return value


def _mastery_model(value: str) -> str:
    if value not in MASTERY_MODELS:
        raise refuse(f'"{value[:60]}" is not a mastery model of le-utils.')
    return value


Tree = Literal["main", "staging", "previous"]
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Count = Annotated[int | None, Field(ge=0, le=1000)]
ChannelName = Annotated[Title, Field(max_length=200)]
Name = Annotated[Text | None, Field(max_length=200)]


class ThumbnailEncoding(Schema):
    """What an editor cropped out of the thumbnail, and how."""

    base64: Annotated[BlankText, Field(max_length=MAX_PICTURE), AfterValidator(_picture)] = ""
    orientation: Number = 0
    scale: Number = 1
    startX: Number = 0  # noqa: N815 - a recorded name
    startY: Number = 0  # noqa: N815


class ContentDefaults(Schema):
    """What new nodes of a channel begin with."""

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
    """What of a channel can be changed; what is not given stays as it is."""

    name: ChannelName = ""
    description: Annotated[BlankText, Field(max_length=400)] = ""
    thumbnail: Annotated[Annotated[str, AfterValidator(_filename)] | None, BeforeValidator(_empty_as_null)] = None
    thumbnail_encoding: ThumbnailEncoding | None = None
    language: Annotated[Language | None, BeforeValidator(_empty_as_null)] = None
    content_defaults: ContentDefaults | None = None
    source_domain: Annotated[BlankText, Field(max_length=300)] = ""
    deleted: bool = False


class ChannelIn(ChannelChange):
    """A new channel, or a whole one. `id` counts only where the channel is new."""

    id: Id | None = None
    name: ChannelName


class ChannelQuery(ListQuery):
    """`GET /api/channel`. The lists match where any of them does; what is said of content is said of the live tree."""

    id__in: Words = ()
    exclude: Words = ()
    collection: QueryText = ""
    keywords: QueryText = ""
    languages: Languages = ()
    licenses: Words = ()  # names or numbers of le_utils
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
    """A list of what belongs to one channel."""

    channel: QueryText = ""


def cursor_before(version: int) -> str:
    """The cursor of the page that begins below a version."""
    return base64.urlsafe_b64encode(f"v={version}".encode()).decode().rstrip("=")


def _cursor(value: str) -> int:
    try:
        written = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        version = whole(written.decode("ascii").removeprefix("v="))
    except (binascii.Error, UnicodeError) as error:
        raise refuse("This is no cursor. Take it from `more` of the page before.") from error
    if version is None or not 0 < version < 2**53 or cursor_before(version) != value:
        raise refuse("This is no cursor. Take it from `more` of the page before.")
    return version


class VersionQuery(Query):
    """`GET /api/channelversion`."""

    channel: QueryText = ""
    max_results: Annotated[Positive, AfterValidator(lambda value: min(value, MAX_VERSIONS))] = MAX_VERSIONS
    cursor: Annotated[int, BeforeValidator(_cursor, json_schema_input_type=str)] | None = (
        None  # the version that the page begins below
    )


class DiffQuery(Query):
    """`GET /api/channel/{id}/diff`: what changes from one tree of the channel to another. Each section has pages."""

    old: Tree = Field(default="main", alias="from")
    new: Tree = Field(default="staging", alias="to")
    page: Positive = 1
    page_size: PageSize = 100


class PublishIn(Schema):
    """`language` becomes that of the channel."""

    version_notes: Annotated[BlankText, Field(max_length=10_000)] = ""
    language: Annotated[Language | None, BeforeValidator(_empty_as_null)] = None


class DraftIn(Schema):
    """A draft is made of the live tree, or of the staged one."""

    use_staging_tree: bool = False


class BookmarkIn(Schema):
    channel: Id
