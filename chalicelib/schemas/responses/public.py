"""Answers of the public API, as Kolibri reads them."""

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
    """What kind of server this is. `subset_of_users_device` needs `v=2`, `min_content_schema_version` needs `v=3`."""

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


class LookedUpChannel(_Entry):
    """A channel that an id or a token opens."""

    version: Annotated[Count | None, Field(description="null where a token opens a draft: fetch <id>-next.sqlite3")]


class PublicChannel(_Entry):
    """A published channel."""

    version: Count


class ChannelInShort(TypedDict):
    name: str
    description: str
    version: Count


class ChannelMetadata(TypedDict):
    """A public channel as Kolibri browses it."""

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
    """What the list can be narrowed by."""

    learning_activities: list[Activity]
    categories: list[Category]
    grade_levels: list[GradeLevel]
    accessibility_labels: list[Accessibility]
    learner_needs: list[Need]
    languages: list[SpokenLanguage]
    channels: list[NamedChannel]


class ContentLanguage(TypedDict):
    """A language, as content databases have it."""

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
    """What makes an exercise one."""

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
    """How to ask for the children that follow: of which node, and with which query."""

    id: Id
    params: dict[str, str | int]


class Children(TypedDict):
    results: "list[PublicTree]"
    more: NextChildren | None


class PublicTree(PublicNode):
    """A node with what is below it, where it is a topic that is not too deep down."""

    children: NotRequired[Children]


class Cursor(TypedDict):
    cursor: str


class NodesV1(TypedDict):
    """A page of nodes."""

    more: Cursor | None
    results: list[PublicNode]


class NodesV2(TypedDict):
    """A page of nodes, where `max_results` is given; `more` is the query of the next one."""

    more: dict[str, str] | None
    results: list[PublicNode]
    labels: NodeLabels


TableRow = dict[str, str | int | float | bool | None]  # by column


class ImportTables(TypedDict):
    """Rows of the tables of a content database that belong to a node."""

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
    """A page of these, where `max_results` is given."""

    more: dict[str, str] | None
    results: ImportTables
