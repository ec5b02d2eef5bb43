"""Responses about content nodes, files and questions."""

from typing import Annotated, Literal, NotRequired

from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)
from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import (
    Bytes,
    Count,
    FileFormat,
    Id,
    Kind,
    Language,
    LicenseId,
    LicenseName,
    Moment,
    Object,
    Preset,
    QuestionType,
    Role,
    Seconds,
    Url,
    labels_among,
)

QuestionId = Annotated[str, Field(pattern="^[0-9a-f]{32},[0-9a-f]{32}$")]


class Reason(TypedDict):
    """Why a node is incomplete: a code for programs, and a sentence that says what to do."""

    code: str
    sentence: str


class ContentNode(TypedDict):
    """A node of a tree. Labels are objects {label: true}."""

    id: Id
    node_id: Id
    content_id: Id
    channel_id: Id
    root_id: Id
    parent: Id | None
    parent_id: Id | None
    lft: Annotated[float, Field(description="position among the siblings")]
    kind: Kind
    title: str
    description: str
    language: Language | None
    author: str
    provider: str
    aggregator: str
    copyright_holder: str
    license: LicenseId | None
    license_id: LicenseId | None
    license_name: LicenseName | None
    license_description: str | None
    role_visibility: Role
    tags: list[str]
    extra_fields: Object
    grade_levels: Annotated[dict[str, Literal[True]], labels_among(levels.LEVELSLIST)]
    resource_types: Annotated[dict[str, Literal[True]], labels_among(resource_type.RESOURCETYPELIST)]
    learning_activities: Annotated[dict[str, Literal[True]], labels_among(learning_activities.LEARNINGACTIVITIESLIST)]
    accessibility_labels: Annotated[
        dict[str, Literal[True]], labels_among(accessibility_categories.ACCESSIBILITYCATEGORIESLIST)
    ]
    categories: Annotated[dict[str, Literal[True]], labels_among(subjects.SUBJECTSLIST)]
    learner_needs: Annotated[dict[str, Literal[True]], labels_among(needs.NEEDSLIST)]
    suggested_duration: Seconds | None
    thumbnail_encoding: Object | None
    thumbnail_checksum: str | None
    thumbnail_extension: FileFormat | None
    thumbnail_src: str | None
    total_count: Count
    resource_count: Count
    coach_count: Count
    assessment_item_count: Count
    error_count: Count
    has_children: bool
    complete: bool
    incomplete_reasons: Annotated[list[Reason], Field(description="empty if the node is complete")]
    changed: bool
    published: bool
    has_new_descendants: bool
    has_updated_descendants: bool
    modified: Moment
    original_channel_id: Id | None
    original_channel_name: str
    original_source_node_id: Id | None
    original_node_id: Id | None
    original_parent_id: Id | None
    source_channel_id: Id | None
    source_node_id: Id | None
    restorable_until: NotRequired[Moment]


class Requisite(TypedDict):
    """`prerequisite` is to be learned before `target_node`."""

    target_node: Id
    prerequisite: Id


class TreeSize(TypedDict):
    """The total size of a tree's files. `stale`: the size is being computed again."""

    size: Bytes
    stale: bool


class File(TypedDict):
    """A file of a node or question, or a new upload that belongs to neither."""

    id: Id
    checksum: Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="md5")]
    file_size: Bytes
    language: Language | None
    file_format: FileFormat
    file_on_disk: str
    original_filename: str
    uploaded_by: Id | None
    duration: Seconds | None
    url: Url
    preset: Preset | None
    contentnode: Id | None
    assessment_item: QuestionId | None


class Upload(TypedDict):
    """Where and how to PUT a file, and the file's data. `might_skip`: the file is already stored."""

    mimetype: str
    uploadURL: Url
    resumable: Literal[False]
    might_skip: bool
    file: File


class UploadedPart(TypedDict):
    """A part that has arrived. `etag` is the MD5 of its bytes."""

    number: Count
    size: Bytes
    etag: str


State = Literal["open", "checking", "stored", "refused"]


class ResumableUpload(TypedDict):
    """An upload in parts, and the file that it makes."""

    id: Id
    state: State
    detail: str
    size: Bytes
    part_size: Bytes
    part_count: Count
    parts: list[UploadedPart]
    task_id: Id | None
    expires: Moment
    file: File


class PartUrl(TypedDict):
    """Where to PUT the bytes of a part, and the headers to send with them."""

    number: Count
    size: Bytes
    url: Url
    headers: dict[str, str]


class PartUrls(TypedDict):
    """URLs of parts, valid for `seconds`."""

    seconds: Seconds
    parts: list[PartUrl]


class Question(TypedDict):
    """A question of an exercise. `answers` and `hints` are JSON text."""

    contentnode: Id
    assessment_id: Id
    type: QuestionType
    question: str
    answers: Annotated[str, Field(json_schema_extra={"contentMediaType": "application/json"})]
    hints: Annotated[str, Field(json_schema_extra={"contentMediaType": "application/json"})]
    raw_data: str
    order: Count
    source_url: str | None
    randomize: bool
    deleted: bool
