"""The rows of a content database: for each table, dictionaries by column, in an order given by the tree.

Ids that are missing in a published tree (of files, tags and assessment metadata) are derived from stable data, so that
Kolibri recognizes the same row in the next version.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from le_utils.constants import (
    completion_criteria,
    content_kinds,
    exercises,
    format_presets,
    languages,
    mastery_criteria,
    roles,
)

from chalicelib.domain.exercises.criteria import criterion_of
from chalicelib.domain.ids import derived_id
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.shape import Place, Places, Shape
from chalicelib.domain.types import LABELS, FileData, NodeData, SnapshotNode

Row = dict[str, Any]

# The oldest content schema that fits the database. Kolibri rejects the database if it only supports older ones.
MIN_SCHEMA_VERSION = "1"
# Kolibri stores sizes in 32 bits (PostgreSQL rejects more) and adds them up, so NULL would make an import fail.
MAX_FILE_SIZE = 2**31 - 1

_PRESETS = {preset.id: preset for preset in format_presets.PRESETLIST}
_INCLUDED_PRESETS = {id: 1 << bit for bit, id in enumerate(format_presets.RENDERABLE_PRESETS_ORDER)}
_PLAYED = frozenset({content_kinds.AUDIO, content_kinds.VIDEO})
_TIMED = frozenset({completion_criteria.TIME, completion_criteria.APPROX_TIME})
# The old form of an exercise's criterion has no field for the questions of a pre/post test.
_PLAIN_MASTERY = frozenset(mastery_criteria.MASTERYCRITERIALIST) - {mastery_criteria.PRE_POST_TEST}
_License = tuple[str, str]  # name, description
BATCH = 200  # nodes whose rows are in memory at once


def tables(tree: FrozenTree, shape: Shape) -> Iterator[tuple[str, Iterable[Row]]]:
    """The rows of each table, in batches: a table comes again for the next nodes.

    Tags and files are repeated for the nodes that have them. Raises KeyError for a preset or language unknown to
    le_utils.
    """
    yield "content_language", map(_language, tree.summary["languages"])
    licenses, places, prerequisites = _Licenses(), Places(shape), _Prerequisites(shape.required)
    nodes, channel_id = tree.nodes(), tree.channel["id"]
    while batch := list(islice(nodes, BATCH)):
        yield "content_license", licenses.of(batch)
        yield "content_contenttag", _tags(channel_id, batch)
        yield "content_localfile", (_local_file(file) for node in batch for file in node["files"])
        yield "content_contentnode", (_content_node(node, places.of(node), licenses) for node in batch)
        yield "content_contentnode_tags", _tags_of_nodes(channel_id, batch)
        yield "content_file", (row for node in batch for row in _files(node))
        yield "content_assessmentmetadata", filter(None, map(_assessment, batch))
        prerequisites.add(batch)
    yield "content_contentnode_has_prerequisite", prerequisites.rows()
    yield "content_channelmetadata", [_channel(tree)]


class _Licenses:
    """The ids of licences, in the order in which they occur. Only fingerprints of their descriptions are kept."""

    def __init__(self) -> None:
        self._ids: dict[bytes, int] = {}

    def of(self, nodes: list[SnapshotNode]) -> list[Row]:
        """The rows of licences that occur for the first time."""
        new = []
        for license in filter(None, map(_license_of, nodes)):
            key = _fingerprint(license)
            if key not in self._ids:
                id = self._ids[key] = len(self._ids) + 1
                new.append({"id": id, "license_name": license[0], "license_description": license[1]})
        return new

    def columns(self, node: SnapshotNode) -> Row:
        """The columns of a node for its licence."""
        license = _license_of(node)
        name, description = license or (None, None)
        id = self._ids[_fingerprint(license)] if license else None
        return {"license_name": name, "license_description": description, "license_id": id}


class _Prerequisites:
    """The prerequisites of nodes, whose rows can be made when all nodes have been seen."""

    def __init__(self, required: set[str]) -> None:
        self._required = required
        self._node_ids: dict[str, str] = {}  # of nodes that are required
        self._pairs: list[tuple[str, str]] = []  # node_id, id of what it requires

    def add(self, nodes: list[SnapshotNode]) -> None:
        """Take the next nodes."""
        self._node_ids.update((node["id"], node["node_id"]) for node in nodes if node["id"] in self._required)
        self._pairs += ((node["node_id"], id) for node in nodes for id in node["prerequisites"])

    def rows(self) -> Iterator[Row]:
        """The rows. Raises KeyError for a prerequisite that is not in the tree."""
        for node_id, id in self._pairs:
            yield {"from_contentnode_id": node_id, "to_contentnode_id": self._node_ids[id]}


def _license_of(node: SnapshotNode) -> _License | None:
    return (node["license"], node["license_description"] or "") if node["license"] else None


def _fingerprint(license: _License) -> bytes:
    return hashlib.blake2b("\0".join(license).encode(), digest_size=16).digest()


def options(node: NodeData) -> dict[str, Any]:
    """The node's `extra_fields.options`. An exercise in the old form gets its mastery model as a criterion.

    The old form is `{"mastery_model", "m", "n"}` in the extra fields. In le_utils' schema, only "m of n" has m and n;
    models that are missing in the schema give no criterion.
    """
    extra = node["extra_fields"]
    given = dict(extra.get("options") or {})
    model = extra.get("mastery_model")
    if node["kind"] != content_kinds.EXERCISE or criterion_of(extra) or model not in _PLAIN_MASTERY:
        return given
    counts = model == exercises.M_OF_N
    threshold = {name: int(extra[name]) if counts else None for name in ("m", "n")}
    criterion = {"model": completion_criteria.MASTERY, "threshold": {**threshold, "mastery_model": model}}
    return {**given, "completion_criteria": criterion}


def duration(node: NodeData) -> int | None:
    """The duration of a node in seconds: its time criterion, else the longest of its audio or video files.

    `suggested_duration` is a note to curators and is not published.
    """
    criterion = criterion_of(node["extra_fields"]) or {}
    if criterion.get("model") in _TIMED:
        threshold: float = criterion["threshold"]
        return math.ceil(threshold)
    if node["kind"] not in _PLAYED:
        return None
    return max((math.ceil(file["duration"]) for file in node["files"] if file["duration"]), default=None)


def _content_node(node: SnapshotNode, place: Place, licenses: _Licenses) -> Row:
    return {
        "id": node["node_id"],
        "parent_id": place.parent_id,
        "sort_order": float(place.number),
        "lft": place.left,
        "rght": place.right,
        "tree_id": 1,
        "level": node["level"],
        **_metadata(node),
        **licenses.columns(node),
        **{field: _joined(node[field]) for field in LABELS},  # type: ignore[literal-required]
    }


def _metadata(node: SnapshotNode) -> Row:
    return {
        "title": node["title"],
        "content_id": node["content_id"],
        "channel_id": node["channel_id"],
        "description": node["description"],
        "license_owner": node["copyright_holder"],
        "author": node["author"],
        "kind": node["kind"],
        "available": True,
        "stemmed_metaphone": "",
        "lang_id": node["language"],
        "coach_content": node["role_visibility"] == roles.COACH,
        "duration": duration(node),
        "options": _json(options(node)),
    }


def _language(id: str) -> Row:
    language = languages.getlang(id)
    if language is None:
        raise KeyError(f"language {id}")
    return {
        "id": id,
        "lang_code": language.primary_code,
        "lang_subcode": language.subcode,
        "lang_name": language.native_name,
        "lang_direction": language.text_direction,
    }


def _tags(channel_id: str, nodes: list[SnapshotNode]) -> Iterator[Row]:
    names = dict.fromkeys(tag for node in nodes for tag in node["tags"])
    return ({"id": _tag_id(channel_id, name), "tag_name": name} for name in names)


def _tags_of_nodes(channel_id: str, nodes: list[SnapshotNode]) -> Iterator[Row]:
    for node in nodes:
        for tag in dict.fromkeys(node["tags"]):
            yield {"contentnode_id": node["node_id"], "contenttag_id": _tag_id(channel_id, tag)}


def _tag_id(channel_id: str, name: str) -> str:
    return derived_id(channel_id, f"tag {name}")


def _local_file(file: FileData) -> Row:
    return {
        "id": file["checksum"],
        "extension": file["file_format"],
        "available": False,  # not yet on a device
        "file_size": _file_size(file),
        "file_size_bigint": file["file_size"],
    }


def _files(node: SnapshotNode) -> Iterable[Row]:
    rows = {row["id"]: row for row in (_file(node, file) for file in node["files"])}
    return rows.values()


def _file(node: SnapshotNode, file: FileData) -> Row:
    preset = _PRESETS[file["preset"]]
    return {
        "id": derived_id(node["node_id"], f"file {file['preset']} {file['language']} {file['checksum']}"),
        "available": True,
        "preset": preset.id,
        "supplementary": preset.supplementary,
        "thumbnail": preset.thumbnail,
        "priority": preset.order,
        "extension": file["file_format"],
        "file_size": _file_size(file),
        "checksum": file["checksum"],
        "contentnode_id": node["node_id"],
        "lang_id": file["language"],
        "local_file_id": file["checksum"],
        "included_presets": _included_presets(file),
    }


def _included_presets(file: FileData) -> int | None:
    """The bits of the presets whose viewers a file needs; None if no viewer shows it."""
    presets = file.get("included_presets", [file["preset"]])
    return sum(_INCLUDED_PRESETS.get(preset, 0) for preset in presets) or None


def _file_size(file: FileData) -> int:
    return min(file["file_size"], MAX_FILE_SIZE)


def _assessment(node: SnapshotNode) -> Row | None:
    assessment = node.get("assessment")
    if assessment is None:
        return None
    return {
        "id": derived_id(node["node_id"], "assessmentmetadata"),
        "assessment_item_ids": _json(assessment["assessment_item_ids"]),
        "number_of_assessments": len(assessment["assessment_item_ids"]),
        "randomize": assessment["randomize"],
        "is_manipulable": True,
        "contentnode_id": node["node_id"],
        "mastery_model": _json(assessment["mastery_model"]),
    }


def _channel(tree: FrozenTree) -> Row:
    channel, root_id = tree.channel, next(tree.nodes())["node_id"]
    return {
        "id": channel["id"],
        "name": channel["name"],
        "description": channel["description"],
        "author": "",
        "version": tree.version,
        "thumbnail": channel["thumbnail"],
        "last_updated": None,
        "min_schema_version": MIN_SCHEMA_VERSION,
        "root_pk": root_id,
        "root_id": root_id,
        "tagline": channel["tagline"],
    }


def _joined(labels: list[str]) -> str | None:
    return ",".join(sorted(set(labels))) or None


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
