"""The plain data that travels between handlers, models and export.

Everything here is JSON: dictionaries, lists, strings, numbers. Ids are 32 lowercase hex digits,
sizes are bytes, durations are seconds.
"""

from typing import Any, NotRequired, TypedDict


class FileData(TypedDict):
    """One file of a node or of an assessment item; its bytes are `storage_key(checksum, file_format)`."""

    id: str
    checksum: str  # md5 of the bytes, hex
    file_format: str  # le_utils file format: the extension without its dot
    file_size: int
    preset: str  # le_utils preset id
    language: str | None
    original_filename: str
    source_url: str | None
    duration: int | None
    uploaded_by: NotRequired[str]  # id of the user; not of what chefs send
    included_presets: NotRequired[list[str]]  # whose viewers it needs, where there are others than of its own


class AssessmentItemData(TypedDict):
    """One question of an exercise. `answers` and `hints` are parsed lists, in `order`."""

    contentnode_id: str
    assessment_id: str
    type: str  # le_utils.constants.exercises question type
    question: str
    answers: list[dict[str, Any]]  # {"answer": str | number, "correct": bool, "order": int}
    hints: list[dict[str, Any]]  # {"hint": str, "order": int}
    raw_data: str  # Perseus item as JSON text, QTI item as XML, "" for the other types
    source_url: str | None
    randomize: bool
    order: int
    files: list[FileData]


class NodeData(TypedDict):
    """A content node. `parent_id` is None for the root of a tree only; labels are le_utils ids."""

    id: str
    node_id: str
    content_id: str
    parent_id: str | None
    tree_id: str  # id of the root of the tree that the node is in
    channel_id: str
    kind: str
    title: str
    description: str
    language: str | None
    license: str | None  # le_utils licence name, e.g. "CC BY"
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
    thumbnail_encoding: NotRequired[dict[str, Any]]  # the picture that a curator chose: {"base64": data URI, …}


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
    """What a publish needs to know of its channel."""

    id: str
    name: str
    description: str
    tagline: str
    language: str | None
    thumbnail: str  # data URI, "" without one
    inherit_metadata: bool  # chef-made: labels and language are inherited downwards


class AssessmentData(TypedDict):
    """What the content database says of an exercise's questions."""

    assessment_item_ids: list[str]
    mastery_model: dict[str, Any]  # {"type": "m_of_n", "m": 3, "n": 4}
    randomize: bool


class SnapshotNode(NodeData):
    """A node as it is published: derived files added, labels and language inherited, `level` from the root 0."""

    level: int
    assessment: NotRequired[AssessmentData | None]


class Snapshot(TypedDict):
    """One publish, frozen: what the export worker turns into a content database. Nodes are in tree (pre-)order."""

    channel: ChannelData
    version: int
    nodes: list[SnapshotNode]
