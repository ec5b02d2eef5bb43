"""Build nodes and questions from the data of a chef. Pure functions: stored data is passed in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast

from le_utils.constants.format_presets import CHANNEL_THUMBNAIL, PRESETLIST

from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.files.file_slots import one_per_id, one_per_slot, slot_of
from chalicelib.domain.ids import derived_id
from chalicelib.domain.storage_keys import split_filename
from chalicelib.domain.trees.content_ids import is_other_content, own_id
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
            "files": _files(id, sent.files, sizes),
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

    It has the source's content_id, so that Kolibri counts both as the same content, unless the request replaces files
    other than thumbnails.
    """
    id = derived_id(parent_id, sent.node_id)
    items = [_copied_item(id, item) for item in source_items]
    copied = _copied_files(id, source["files"])
    files = _remote_files(id, sent, source["kind"], copied, sizes)
    node = cast(
        NodeData,
        {
            **source,
            **_changes(sent),
            "id": id,
            "node_id": sent.node_id,
            "content_id": own_id(sent.node_id) if is_other_content(copied, files) else source["content_id"],
            "parent_id": parent_id,
            "tree_id": tree_id,
            "channel_id": channel_id,
            "role_visibility": sent.role or source["role_visibility"],
            "files": files,
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


def _copied_item(node_id: str, item: AssessmentItemData) -> AssessmentItemData:
    return {**item, "contentnode_id": node_id, "files": _copied_files(node_id, item["files"])}


def _copied_files(node_id: str, files: list[FileData]) -> list[FileData]:
    return [{**file, "id": derived_id(node_id, file["id"])} for file in files]


def _remote_files(
    node_id: str, sent: RemoteNodeIn, kind: str, copied: list[FileData], sizes: Mapping[str, int]
) -> list[FileData]:
    """Return the files of the source with those of the request, which replace files of the same preset."""
    files = _files(node_id, sent.files, sizes, thumbnail_preset(kind))
    presets = {file["preset"] for file in files if slot_of(file) is None}
    slots = {slot_of(file) for file in files}
    return [file for file in copied if slot_of(file) not in slots - {None} and file["preset"] not in presets] + files


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
        "files": one_per_id(_file(contentnode_id, file, sizes, question.assessment_id) for file in question.files),
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
    return _files(root_id, sent, sizes)


def _files(
    node_id: str, sent: Iterable[FileIn], sizes: Mapping[str, int], default_preset: str | None = None
) -> list[FileData]:
    """Build the files of a node. An image that a slideshow shows twice is two files."""
    files: list[FileData] = []
    numbers: Counter[tuple[str, str | None, str | None]] = Counter()
    for file in sent:
        preset = file.preset or default_preset
        key = (file.filename, preset, file.language)
        number = f" {numbers[key]}" if numbers[key] else ""
        files.append(_file(node_id, file, sizes, preset=preset, number=number))
        numbers[key] += 1
    return one_per_slot(files)


def _file(
    node_id: str,
    sent: FileIn,
    sizes: Mapping[str, int],
    assessment_id: str = "",
    preset: str | None = None,
    number: str = "",
) -> FileData:
    checksum, extension = split_filename(sent.filename) or ("", "")
    name = f"{sent.filename} {preset or sent.preset} {sent.language}{number}"
    return {
        "id": derived_id(node_id, f"{assessment_id} {name}" if assessment_id else name),
        "checksum": checksum,
        "file_format": extension,
        "file_size": sizes[sent.filename],
        "preset": preset or sent.preset,
        "language": sent.language,
        "original_filename": sent.original_filename,
        "source_url": sent.source_url,
        "duration": sent.duration,
    }
