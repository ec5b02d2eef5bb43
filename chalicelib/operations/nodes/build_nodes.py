"""Build nodes and questions from the data of a chef. Pure functions: stored data is passed in."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from le_utils.constants.format_presets import CHANNEL_THUMBNAIL, PRESETLIST

from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.ids import derived_id
from chalicelib.domain.storage_keys import split_filename
from chalicelib.domain.types import CREDITS, AssessmentItemData, FileData, NodeData
from chalicelib.schemas.chef import FileIn, NodeIn, QuestionIn, RemoteNodeIn

_AS_SENT = (
    "node_id",
    "content_id",
    "kind",
    "title",
    "description",
    "language",
    *CREDITS,
    "source_domain",
    "source_id",
    "suggested_duration",
    "grade_levels",
    "resource_types",
    "learning_activities",
    "accessibility_labels",
    "categories",
    "learner_needs",
    "extra_fields",
)
_OVERRIDES = (
    "title",
    "description",
    "aggregator",
    "provider",
    "suggested_duration",
    "tags",
    "grade_levels",
    "resource_types",
    "learning_activities",
    "accessibility_labels",
    "categories",
    "learner_needs",
    "extra_fields",
)


def filenames(nodes: Iterable[NodeIn | RemoteNodeIn]) -> list[str]:
    """Return the names of all files of the nodes and their questions, without duplicates."""
    names: dict[str, None] = {}
    for node in nodes:
        names.update(dict.fromkeys(file.filename for file in node.files))
        for question in getattr(node, "questions", []):
            names.update(dict.fromkeys(file.filename for file in question.files))
    return list(names)


def build(
    sent: NodeIn, parent_id: str, tree_id: str, channel_id: str, sizes: Mapping[str, int]
) -> tuple[NodeData, list[AssessmentItemData]]:
    """Build a node and its questions. `sizes` maps each filename to its size in bytes.

    Ids are derived from the parent and the request, so that sending a node twice results in one node.
    """
    id = derived_id(parent_id, sent.node_id)
    items = [_item(id, order, question, sizes) for order, question in enumerate(sent.questions)]
    fields: dict[str, Any] = {name: getattr(sent, name) for name in _AS_SENT}
    node = cast(
        NodeData,
        {
            **fields,
            "id": id,
            "parent_id": parent_id,
            "tree_id": tree_id,
            "channel_id": channel_id,
            "role_visibility": sent.role,
            "tags": list(dict.fromkeys(sent.tags)),
            "files": [_file(id, file, sizes) for file in sent.files],
            "prerequisites": [],
            "original_channel_id": channel_id,
            "original_node_id": sent.node_id,
            "assessment_item_count": len(items),
            "complete": False,
        },
    )
    return _judged(node, items), items


def build_remote(
    sent: RemoteNodeIn,
    source: NodeData,
    source_items: list[AssessmentItemData],
    parent_id: str,
    tree_id: str,
    channel_id: str,
    sizes: Mapping[str, int],
) -> tuple[NodeData, list[AssessmentItemData]]:
    """Build a copy of a node of another channel, with the changes of the request.

    It has the source's content_id, so that Kolibri counts both as the same content. Thumbnails of the request replace
    those of the source.
    """
    id = derived_id(parent_id, sent.node_id)
    items: list[AssessmentItemData] = [{**item, "contentnode_id": id} for item in source_items]
    node = cast(
        NodeData,
        {
            **source,
            **_changes(sent),
            "id": id,
            "node_id": sent.node_id,
            "parent_id": parent_id,
            "tree_id": tree_id,
            "channel_id": channel_id,
            "role_visibility": sent.role or source["role_visibility"],
            "files": _remote_files(id, sent, source, sizes),
            "prerequisites": [],
            "original_channel_id": source["original_channel_id"] or source["channel_id"],
            "original_node_id": source["original_node_id"] or source["node_id"],
        },
    )
    if any(file.preset in (None, thumbnail_preset(source["kind"])) for file in sent.files):
        node["thumbnail_encoding"] = {}
    return _judged(node, items), items


def _judged(node: NodeData, items: list[AssessmentItemData]) -> NodeData:
    """A new node that says whether it is complete, and why not."""
    reasons = incomplete_reasons(node, items)
    new: dict[str, Any] = {name: value for name, value in node.items() if name != "incomplete_revs"}
    return cast(NodeData, {**new, "complete": not reasons, "incomplete_reasons": reasons})


def _changes(sent: RemoteNodeIn) -> dict[str, Any]:
    changes = {name: getattr(sent, name) for name in _OVERRIDES if getattr(sent, name) is not None}
    return changes if sent.tags is None else {**changes, "tags": list(dict.fromkeys(sent.tags))}


def _remote_files(node_id: str, sent: RemoteNodeIn, source: NodeData, sizes: Mapping[str, int]) -> list[FileData]:
    thumbnail = thumbnail_preset(source["kind"])
    files = [_file(node_id, file, sizes, file.preset or thumbnail) for file in sent.files]
    replaced = {file["preset"] for file in files}
    copied: list[FileData] = [
        {**file, "id": derived_id(node_id, file["id"])} for file in source["files"] if file["preset"] not in replaced
    ]
    return copied + files


def _item(contentnode_id: str, order: int, question: QuestionIn, sizes: Mapping[str, int]) -> AssessmentItemData:
    return {
        "contentnode_id": contentnode_id,
        "assessment_id": question.assessment_id,
        "type": question.type,
        "question": question.question,
        "answers": _in_order(question.answers),
        "hints": _in_order(question.hints),
        "raw_data": question.raw_data,
        "source_url": question.source_url,
        "randomize": question.randomize,
        "order": order,
        "files": [_file(contentnode_id, file, sizes) for file in question.files],
    }


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort answers or hints by their `order`. Those without one follow in the order of the request."""

    def key(row: dict[str, Any]) -> float:
        order = row.get("order")
        return order if isinstance(order, int | float) else float("inf")

    return sorted(rows, key=key)


def thumbnail_preset(kind: str) -> str:
    """Return the preset for thumbnails of nodes of this kind."""
    return str(
        next((preset.id for preset in PRESETLIST if preset.thumbnail and preset.kind == kind), CHANNEL_THUMBNAIL)
    )


def root_files(root_id: str, sent: Iterable[FileIn], sizes: Mapping[str, int]) -> list[FileData]:
    """Build the files of a root node, for channels with a custom navigation app."""
    return [_file(root_id, file, sizes) for file in sent]


def _file(owner_id: str, sent: FileIn, sizes: Mapping[str, int], preset: str | None = None) -> FileData:
    checksum, extension = split_filename(sent.filename) or ("", "")
    return {
        "id": derived_id(owner_id, f"{sent.filename} {preset or sent.preset} {sent.language}"),
        "checksum": checksum,
        "file_format": extension,
        "file_size": sizes[sent.filename],
        "preset": preset or sent.preset,
        "language": sent.language,
        "original_filename": sent.original_filename,
        "source_url": sent.source_url,
        "duration": sent.duration,
    }
