"""Responses of the public API, which Kolibri reads."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import (
    Accessibility,
    Activity,
    Bytes,
    Category,
    Count,
    FileFormat,
    GradeLevel,
    Id,
    Kind,
    Language,
    LicenseName,
    Moment,
    Need,
    Preset,
    ResourceType,
    Seconds,
    Url,
)


class Info(TypedDict):
    """Information about this server. `v=2` adds `subset_of_users_device`, `v=3` adds `min_content_schema_version`."""

    application: Literal["studio"]
    kolibri_version: str
    instance_id: Id
    device_name: str
    operating_system: None
    subset_of_users_device: NotRequired[Literal[False]]
    min_content_schema_version: NotRequired[str]
    studio_version: Annotated[str, Field(description="the version of this application")]


class _Entry(TypedDict):
    id: Id
    name: str
    language: Language | None
    included_languages: list[Language]
    description: str
    tagline: str
    total_resource_count: Count
    kind_count: dict[Kind, Count]
    published_size: Bytes
    last_published: Moment
    icon_encoding: str
    matching_tokens: list[str]
    public: bool
    version_notes: dict[str, str]
    library: Literal["KOLIBRI"] | None


class ChannelLookup(_Entry):
    """A channel found by an id or a token."""

    version: Annotated[Count | None, Field(description="null for the token of a draft: fetch <id>-next.sqlite3")]


class PublicChannel(_Entry):
    """A published channel."""

    version: Count


class ChannelSummary(TypedDict):
    name: str
    description: str
    version: Count


class ChannelMetadata(TypedDict):
    """A public channel, as Kolibri displays it."""

    author: str
    description: str
    tagline: str
    id: Id
    last_updated: Moment
    name: str
    root: Id
    thumbnail: str
    version: Count
    public: bool
    total_resource_count: Count
    published_size: Bytes
    categories: list[Category]
    num_coach_contents: Count
    available: Literal[True]
    lang_code: str | None
    lang_name: str | None
    included_languages: list[Language]
    countries: list[str]
    token: None
    last_published: Moment
    library: Literal["KOLIBRI"] | None


class SpokenLanguage(TypedDict):
    id: Language
    lang_name: str


class NamedChannel(TypedDict):
    id: Id
    name: str


class ChannelLabels(TypedDict):
    categories: list[Category]
    languages: list[SpokenLanguage]
    countries: list[str]


class NodeLabels(TypedDict):
    """Values by which the list can be filtered."""

    learning_activities: list[Activity]
    categories: list[Category]
    grade_levels: list[GradeLevel]
    accessibility_labels: list[Accessibility]
    learner_needs: list[Need]
    languages: list[SpokenLanguage]
    channels: list[NamedChannel]


class ContentLanguage(TypedDict):
    """A language, as in content databases."""

    id: Language
    lang_code: str
    lang_subcode: str | None
    lang_direction: Literal["ltr", "rtl"]
    lang_name: str | None


class PublicFile(TypedDict):
    """A file of a node."""

    id: Id
    priority: int | None
    preset: Preset
    supplementary: bool
    thumbnail: bool
    lang: ContentLanguage | None
    checksum: Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="md5")]
    available: Literal[True]
    file_size: Bytes | None
    extension: FileFormat
    storage_url: Url


class Assessment(TypedDict):
    """Assessment data of an exercise."""

    assessment_item_ids: list[str]
    number_of_assessments: Count
    mastery_model: dict[str, Any]
    randomize: bool
    is_manipulable: bool
    contentnode: Id


class Ancestor(TypedDict):
    id: Id
    title: str


class PublicNode(TypedDict):
    """A node of a public channel."""

    id: Id
    author: str
    available: bool
    channel_id: Id
    coach_content: bool
    content_id: Id
    description: str | None
    kind: Kind
    license_description: str | None
    license_name: LicenseName | None
    license_owner: str
    num_coach_contents: Count
    options: dict[str, Any]
    parent: Id | None
    parent_id: Id | None
    sort_order: float | None
    title: str
    lft: Count
    rght: Count
    tree_id: Count
    learning_activities: list[Activity]
    grade_levels: list[GradeLevel]
    resource_types: list[ResourceType]
    accessibility_labels: list[Accessibility]
    learner_needs: list[Need]
    categories: list[Category]
    duration: Seconds | None
    ancestors: list[Ancestor]
    assessmentmetadata: Assessment | None
    tags: list[str]
    files: list[PublicFile]
    thumbnail: Url | None
    lang: ContentLanguage | None
    is_leaf: bool


class NextChildren(TypedDict):
    """Where the next page of children is: the id of their parent, and the query parameters."""

    id: Id
    params: dict[str, str | int]


class Children(TypedDict):
    results: "list[PublicTree]"
    more: NextChildren | None


class PublicTree(PublicNode):
    """A node and its descendants, down to a limited depth."""

    children: NotRequired[Children]


class Cursor(TypedDict):
    cursor: str


class NodesV1(TypedDict):
    """A page of nodes."""

    more: Cursor | None
    results: list[PublicNode]


class NodesV2(TypedDict):
    """Nodes, one page of them if `max_results` is sent; `more` is the query of the next page."""

    more: dict[str, str] | None
    results: list[PublicNode]
    labels: NodeLabels


TableRow = dict[str, str | int | float | bool | None]  # by column


class ImportTables(TypedDict):
    """A node's rows in the tables of a content database."""

    content_contentnode: list[TableRow]
    content_file: list[TableRow]
    content_contentnode_tags: list[TableRow]
    content_assessmentmetadata: list[TableRow]
    content_localfile: list[TableRow]
    content_contenttag: list[TableRow]
    content_language: list[TableRow]
    content_contentnode_has_prerequisite: list[TableRow]
    content_contentnode_related: list[TableRow]
    content_channelmetadata: list[TableRow]
    schema_version: Literal["5", "6"]


class ImportPage(TypedDict):
    """A page of rows, returned if `max_results` is sent."""

    more: dict[str, str] | None
    results: ImportTables
