"""Plain data passed between handlers, operations, models and export.

Everything here is JSON. Ids are 32 lowercase hex digits, sizes are bytes, durations are seconds.
"""

from typing import Any, NotRequired, TypedDict


class FileData(TypedDict):
    """A file of a node or question. It is stored under `storage_key(checksum, file_format)`."""

    id: str
    checksum: str  # md5 of the bytes, hex
    file_format: str  # le_utils file format: the extension without the dot
    file_size: int
    preset: str  # le_utils preset id
    language: str | None
    original_filename: str
    source_url: str | None
    duration: int | None
    uploaded_by: NotRequired[str]  # id of the user; missing for files sent by chefs
    included_presets: NotRequired[list[str]]  # presets of embedded content, whose viewers it also needs


class AssessmentItemData(TypedDict):
    """A question of an exercise. `answers` and `hints` are parsed and sorted by `order`."""

    contentnode_id: str
    assessment_id: str
    type: str  # le_utils.constants.exercises question type
    question: str
    answers: list[dict[str, Any]]  # {"answer": str | number, "correct": bool, "order": int}
    hints: list[dict[str, Any]]  # {"hint": str, "order": int}
    raw_data: str  # a Perseus item as JSON or a QTI item as XML; "" for other types
    source_url: str | None
    randomize: bool
    order: int
    files: list[FileData]
    raw_data_problem: NotRequired[str]  # as `questions.raw_data_problem` found when it was stored; "" for none


class Reason(TypedDict):
    """Why a node is incomplete: a code for programs, and a sentence that says what to do."""

    code: str
    sentence: str


class NodeData(TypedDict):
    """A content node. `parent_id` is None only for the root of a tree. Labels are le_utils ids."""

    id: str
    node_id: str
    content_id: str
    parent_id: str | None
    tree_id: str  # id of the root of the node's tree
    channel_id: str
    kind: str
    title: str
    description: str
    language: str | None
    license: str | None  # le_utils licence name, such as "CC BY"
    license_description: str | None
    copyright_holder: str
    author: str
    aggregator: str
    provider: str
    role_visibility: str
    suggested_duration: int | None
    tags: list[str]
    grade_levels: list[str]
    resource_types: list[str]
    learning_activities: list[str]
    accessibility_labels: list[str]
    categories: list[str]
    learner_needs: list[str]
    extra_fields: dict[str, Any]
    files: list[FileData]
    prerequisites: list[str]  # ids of nodes of the same tree
    source_domain: str
    source_id: str
    original_channel_id: str | None
    original_node_id: str | None
    assessment_item_count: int
    complete: bool
    incomplete_reasons: NotRequired[list[Reason]]  # missing on complete nodes and in items of earlier versions
    incomplete_revs: NotRequired[list[int]]  # see `domain.trees.node_flags`
    thumbnail_encoding: NotRequired[dict[str, Any]]  # the thumbnail that a curator cropped: {"base64": data URI, …}


CREDITS = ("license", "license_description", "copyright_holder", "author", "aggregator", "provider")
LABELS = (
    "grade_levels",
    "resource_types",
    "learning_activities",
    "accessibility_labels",
    "categories",
    "learner_needs",
)


class ChannelData(TypedDict):
    """The fields of a channel that are published with its tree."""

    id: str
    name: str
    description: str
    tagline: str
    language: str | None
    thumbnail: str  # data URI, "" if there is none
    inherit_metadata: bool  # made by a chef: nodes inherit labels and language


class AssessmentData(TypedDict):
    """The assessment metadata of an exercise in the content database."""

    assessment_item_ids: list[str]
    mastery_model: dict[str, Any]  # {"type": "m_of_n", "m": 3, "n": 4}
    randomize: bool


class SnapshotNode(NodeData):
    """A node as published: with derived files and inherited labels and language. The root has `level` 0."""

    level: int
    assessment: NotRequired[AssessmentData | None]


class Snapshot(TypedDict):
    """The published state of a tree, from which the export worker builds a content database. Nodes are in pre-order."""

    channel: ChannelData
    version: int
    nodes: list[SnapshotNode]
