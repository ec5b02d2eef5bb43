"""Responses about channels, their versions, diffs and bookmarks."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import (
    Bytes,
    Category,
    Count,
    FileFormat,
    Id,
    Kind,
    Language,
    LicenseId,
    LicenseName,
    Moment,
    Preset,
    QuestionType,
    Url,
)


class CroppedThumbnail(TypedDict, total=False):
    """The cropped thumbnail and how it was cropped."""

    base64: str
    orientation: float
    scale: float
    startX: float
    startY: float


class ChannelDefaults(TypedDict):
    """Default metadata of new nodes in a channel."""

    author: str | None
    license: LicenseName | None
    license_id: LicenseId | None
    license_name: LicenseName | None
    m_value: Count | None
    n_value: Count | None
    language: Language | None
    provider: str | None
    aggregator: str | None
    mastery_model: str | None
    copyright_holder: str | None
    license_description: str | None
    auto_randomize_questions: bool
    auto_derive_audio_thumbnail: bool
    auto_derive_html5_thumbnail: bool
    auto_derive_video_thumbnail: bool
    auto_derive_document_thumbnail: bool
    auto_derive_exercise_thumbnail: bool


class Channel(TypedDict):
    """A channel. Only editors see its tokens, and only members the ids of trees other than the live one."""

    id: Id
    name: str
    description: str
    thumbnail: str | None
    thumbnail_url: Url | None
    thumbnail_encoding: CroppedThumbnail | None
    language: Language | None
    primary_token: str | None
    draft_token: str | None
    modified: Moment
    created: Moment
    last_published: Moment | None
    count: Annotated[int, Field(ge=0, description="distinct contents in the live tree")]
    public: bool
    version: Count
    ricecooker_version: str | None
    root_id: Id
    trash_root_id: Id | None
    staging_root_id: Id | None
    content_defaults: ChannelDefaults
    countries: list[str]
    deleted: bool
    source_url: str
    demo_server_url: str
    edit: bool
    view: bool
    unpublished_changes: bool
    published: bool
    publishing: bool
    restorable_until: NotRequired[Moment]


class Languages(TypedDict):
    languages: list[Language]


class Exists(TypedDict):
    exists: bool


class KindCount(TypedDict):
    count: Count
    kind_id: Kind


class Version(TypedDict):
    id: Id
    version: Count
    size: Bytes
    resource_count: Count
    kind_count: list[KindCount]
    date_published: Moment
    version_notes: str
    included_languages: list[Language]
    included_licenses: list[LicenseId]
    included_categories: list[Category]
    database_deleted: NotRequired[Moment]


class VersionDetail(Version):
    """The published version of a channel. Licences are ids of le_utils."""

    non_distributable_licenses_included: list[LicenseId]


class ChannelVersion(Version):
    """A published version of a channel. Licences are ids of le_utils."""

    channel: Id


class TreeTotals(TypedDict):
    """The size of a tree. Every distinct file counts once."""

    tree: Literal["main", "staging", "previous"]
    kind_count: dict[Kind, Count]
    question_count: Count
    file_count: Count
    file_size: Bytes


class DiffCounts(TypedDict):
    """The total number of entries in each section."""

    added: Count
    removed: Count
    changed: Count
    moved: Count
    reordered: Count
    files_added: Count
    files_removed: Count
    questions_added: Count
    questions_removed: Count
    questions_changed: Count


class DiffNode(TypedDict):
    """A node. `id` is its id in the new tree or, if it was removed, in the old one."""

    id: Id
    node_id: Id
    title: str
    kind: Kind


class DiffChanged(DiffNode):
    fields: list[str]


class DiffMoved(DiffNode):
    """A node under another parent. Parents are node_ids, null for the root."""

    old_parent: Id | None
    new_parent: Id | None


class DiffFile(TypedDict):
    """A file and its node."""

    node_id: Id
    title: str
    checksum: str
    file_format: FileFormat
    preset: Preset
    language: Language | None
    file_size: Bytes
    original_filename: str


class DiffQuestion(TypedDict):
    """A question and its node."""

    node_id: Id
    title: str
    assessment_id: str
    type: QuestionType
    question: str


class DiffQuestionChanged(DiffQuestion):
    fields: list[str]


# A call, as `from` is a keyword of Python.
_Trees = TypedDict("_Trees", {"from": TreeTotals, "to": TreeTotals})


class Diff(_Trees):
    """The changes from one tree to another, one page of each section. `stale`: a task is comparing the trees again."""

    stale: bool
    task_id: Id | None
    counts: DiffCounts
    page: Annotated[int, Field(ge=1)]
    page_size: Annotated[int, Field(ge=1)]
    added: list[DiffNode]
    removed: list[DiffNode]
    changed: list[DiffChanged]
    moved: list[DiffMoved]
    reordered: list[DiffNode]
    files_added: list[DiffFile]
    files_removed: list[DiffFile]
    questions_added: list[DiffQuestion]
    questions_removed: list[DiffQuestion]
    questions_changed: list[DiffQuestionChanged]


class Bookmark(TypedDict):
    channel: Id
