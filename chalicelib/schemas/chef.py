"""Request bodies of the internal API, as ricecooker sends them.

Maximum lengths are those of ricecooker and of Kolibri's content database.
"""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from chalicelib.domain import jsontext
from chalicelib.domain.exercises import criteria
from chalicelib.domain.storage_keys import split_filename
from chalicelib.schemas.base import BlankText, Id, Schema, Text, refuse
from chalicelib.schemas.constants import (
    FORMATS,
    AccessibilityLabels,
    Categories,
    GradeLevels,
    Kind,
    Language,
    LearnerNeeds,
    LearningActivities,
    LicenseName,
    Preset,
    QuestionType,
    ResourceTypes,
    Role,
)
from chalicelib.schemas.pictures import PictureName

MAX_NODES = 1000  # per request
MAX_EXTRA = 50_000  # characters of a channel's extra fields
MAX_TAG = 30
MAX_NAMES = 100_000


def _filename(value: str) -> str:
    parts = split_filename(value)
    if parts is None or parts[1] not in FORMATS:
        raise refuse("This must be <md5 of the file>.<file format>, with a file format of le-utils.")
    return value


def _json_object(value: Any) -> Any:
    return _from_json(value, {})


def _json_list(value: Any) -> Any:
    return _from_json(value, [])


def _from_json(value: Any, empty: Any) -> Any:
    """Parse nested data, which ricecooker sends as JSON text; null and "" mean `empty`."""
    if value is None or value == "":
        return empty
    if not isinstance(value, str):
        return value
    try:
        return jsontext.loads(value)
    except ValueError as error:
        raise refuse(f"This must be valid JSON: {error}") from error


def _seconds(value: Any) -> Any:
    """Truncate a duration to whole seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not 0 <= value < 2**31:
        raise refuse("A duration must be a number of seconds from 0 to 2147483647.")
    return int(value)


def _tags(value: Any) -> Any:
    """Strip white space and drop empty tags, which ricecooker may send."""
    if not isinstance(value, list):
        return [] if value is None else value
    tidy = [" ".join(tag.split()) if isinstance(tag, str) else tag for tag in value]
    return [tag for tag in tidy if tag != ""]


def _without_nulls(value: Any) -> Any:
    """Drop null, which ricecooker sends for files whose local copy is missing."""
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _truth(value: Any) -> Any:
    """Convert a flag to a boolean, as ricecooker passes on whatever the chef's author wrote."""
    return bool(value) if value is None or isinstance(value, int | str) else value


Filename = Annotated[str, AfterValidator(_filename)]
JsonObject = Annotated[
    dict[str, Any], BeforeValidator(_json_object, json_schema_input_type=dict[str, Any] | str | None)
]
_Rows = list[dict[str, Any]] | str | None
JsonObjects = Annotated[list[dict[str, Any]], BeforeValidator(_json_list, json_schema_input_type=_Rows)]
_Number = Annotated[float, Field(ge=0, lt=2**31, json_schema_extra={"x-unit": "seconds"})]
Seconds = Annotated[int | None, BeforeValidator(_seconds, json_schema_input_type=_Number | None)]
_Tag = Annotated[Text, Field(max_length=MAX_TAG)]
Tags = Annotated[list[_Tag], BeforeValidator(_tags, json_schema_input_type=list[_Tag] | None)]
Short = Annotated[BlankText, Field(max_length=200)]
Long = Annotated[BlankText, Field(max_length=100_000)]
Url = Annotated[Text | None, Field(max_length=400)]


class FileIn(Schema):
    """A file of a node or question. Its size is read from storage, not from the request."""

    filename: Filename
    preset: Preset
    original_filename: Annotated[BlankText, AfterValidator(lambda name: name[:255])] = ""
    language: Language | None = None
    source_url: Url = None
    duration: Seconds = None


Files = Annotated[list[FileIn], BeforeValidator(_without_nulls, json_schema_input_type=list[FileIn | None])]


class RemoteFileIn(FileIn):
    """A file that replaces one of a node from another channel.

    ricecooker sends no preset for thumbnails of such nodes, so a missing preset means the thumbnail preset of the
    node's kind.
    """

    preset: Preset | None = None  # type: ignore[assignment]


class QuestionIn(Schema):
    assessment_id: Id
    type: QuestionType
    question: BlankText = ""
    answers: JsonObjects = Field(default_factory=list)
    hints: JsonObjects = Field(default_factory=list)
    raw_data: BlankText = ""
    source_url: Url = None
    randomize: Annotated[bool, BeforeValidator(_truth)] = False
    files: Files = Field(default_factory=list)


class NodeIn(Schema):
    """A new node, as ricecooker sends it."""

    node_id: Id
    content_id: Id
    kind: Kind
    title: Annotated[Text, Field(max_length=200)]
    description: Long = ""
    language: Language | None = None
    license: LicenseName | None = None
    license_description: Annotated[Text | None, Field(max_length=400)] = None
    copyright_holder: Short = ""
    author: Short = ""
    aggregator: Short = ""
    provider: Short = ""
    source_domain: Short = ""
    source_id: Short = ""
    role: Role = "learner"
    suggested_duration: Seconds = None
    tags: Tags = Field(default_factory=list)
    grade_levels: GradeLevels = Field(default_factory=list)
    resource_types: ResourceTypes = Field(default_factory=list)
    learning_activities: LearningActivities = Field(default_factory=list)
    accessibility_labels: AccessibilityLabels = Field(default_factory=list)
    categories: Categories = Field(default_factory=list)
    learner_needs: LearnerNeeds = Field(default_factory=list)
    extra_fields: JsonObject = Field(default_factory=dict)
    files: Files = Field(default_factory=list)
    questions: list[QuestionIn] = Field(default_factory=list)

    @model_validator(mode="after")
    def _criteria(self) -> "NodeIn":
        problem = criteria.problem(self.kind, self.extra_fields)
        if problem:
            raise refuse(f"extra_fields: {problem}")
        ids = [question.assessment_id for question in self.questions]
        if len(set(ids)) < len(ids):
            raise refuse("questions: two questions have the same assessment_id. Give each its own.")
        return self


class RemoteNodeIn(Schema):
    """A node copied from another channel (ricecooker's StudioContentNode), with changes.

    Missing fields are copied from the source.
    """

    node_id: Id
    source_channel_id: Id
    source_node_id: Id | None = None
    source_content_id: Id | None = None
    title: Annotated[Text | None, Field(max_length=200)] = None
    description: Annotated[Text | None, Field(max_length=100_000)] = None
    aggregator: Annotated[Text | None, Field(max_length=200)] = None
    provider: Annotated[Text | None, Field(max_length=200)] = None
    role: Role | None = None
    suggested_duration: Seconds = None
    tags: Tags | None = None
    grade_levels: GradeLevels | None = None
    resource_types: ResourceTypes | None = None
    learning_activities: LearningActivities | None = None
    accessibility_labels: AccessibilityLabels | None = None
    categories: Categories | None = None
    learner_needs: LearnerNeeds | None = None
    extra_fields: JsonObject | None = None
    files: Annotated[
        list[RemoteFileIn], BeforeValidator(_without_nulls, json_schema_input_type=list[RemoteFileIn | None])
    ] = Field(default_factory=list)

    @model_validator(mode="after")
    def _source(self) -> "RemoteNodeIn":
        if not self.source_node_id and not self.source_content_id:
            raise refuse("source_node_id or source_content_id is required.")
        return self


class ChefChannel(Schema):
    id: Id
    name: Annotated[Text, Field(min_length=1, max_length=200)]
    description: Annotated[BlankText, Field(max_length=400)] = ""
    tagline: Annotated[BlankText, Field(max_length=150)] = ""
    language: Language | None = None
    thumbnail: PictureName | None = None
    source_domain: Annotated[BlankText, Field(max_length=300)] = ""
    source_id: Short = ""
    ricecooker_version: Annotated[Text | None, Field(max_length=100)] = None
    extra_fields: JsonObject = Field(default_factory=dict)
    files: Files = Field(default_factory=list)  # of the root node, for channels with their own navigation app

    @field_validator("extra_fields")
    @classmethod
    def _short(cls, value: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(value)) > MAX_EXTRA:
            raise refuse(f"This must have at most {MAX_EXTRA} characters as JSON.")
        return value


class CreateChannel(Schema):
    channel_data: ChefChannel


class AddNodes(Schema):
    """`content_data` is validated node by node (`NodeIn` or `RemoteNodeIn`); errors are reported by index.

    A request has at most 1,000 nodes, and a node with its questions at most 5,000 different files.
    """

    root_id: str
    content_data: list[dict[str, Any]]


class FinishChannel(Schema):
    channel_id: str
    stage: bool = True


class PublishChannel(Schema):
    channel_id: str
    version_notes: Annotated[BlankText, Field(max_length=10_000)] = ""


class ChannelReference(Schema):
    channel_id: str


class ChannelReferences(Schema):
    channel_ids: Annotated[list[str], Field(max_length=1000)]


class TreeReference(Schema):
    channel_id: str
    tree: str = "main"
    node_id: Id | None = None


class VersionIn(Schema):
    version: str


FileNames = Annotated[list[str], Field(max_length=MAX_NAMES)]


class FileForm(Schema):
    """The only field of the multipart/form-data body; its file name is `<md5>.<extension>`."""

    file: bytes
