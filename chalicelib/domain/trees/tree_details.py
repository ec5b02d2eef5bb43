"""Summary of a subtree for get_channel_details and get_node_details, in the shape of Kolibri Studio's responses."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from le_utils.constants import content_kinds, format_presets, languages, roles

from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.types import NodeData

SAMPLES = 4  # sample nodes in the summary
_THUMBNAILS = {preset.id for preset in format_presets.PRESETLIST if preset.thumbnail}


def details_of(nodes: list[NodeData]) -> dict[str, Any]:
    """Summarize a node and its descendants, given in tree order.

    If the node is a resource, it counts itself. Sizes are in bytes, with every distinct file counted once. Languages
    have their native names.
    """
    resources = [node for node in nodes if node["kind"] != content_kinds.TOPIC]
    files = [file for node in nodes[1:] or nodes for file in node["files"]]
    subtitles = [file for file in files if file["preset"] == format_presets.VIDEO_SUBTITLE]
    path = _longest_path(nodes)
    return {
        "resource_count": len(resources),
        "resource_size": sum({file["checksum"]: file["file_size"] for file in files}.values()),
        "includes": {
            "coach_content": sum(node["role_visibility"] == roles.COACH for node in resources),
            "exercises": sum(node["kind"] == content_kinds.EXERCISE for node in resources),
        },
        "kind_count": [
            {"kind_id": kind, "count": count}
            for kind, count in sorted(Counter(node["kind"] for node in resources).items())
        ],
        "languages": _names([*(node["language"] for node in nodes), *(file["language"] for file in files)]),
        "accessible_languages": _names(file["language"] for file in subtitles),
        "licenses": _distinct(node["license"] for node in resources),
        "tags": [
            {"tag_name": tag, "count": count}
            for tag, count in sorted(Counter(tag for node in nodes for tag in node["tags"]).items())
        ],
        "sample_pathway": [_step(node) for node in path if node["kind"] == content_kinds.TOPIC],
        "sample_nodes": [_sample(node) for node in _beside(resources, path)],
        "authors": _distinct(node["author"] for node in resources),
        "aggregators": _distinct(node["aggregator"] for node in resources),
        "providers": _distinct(node["provider"] for node in resources),
        "copyright_holders": _distinct(node["copyright_holder"] for node in resources),
        "levels": _distinct(level for node in nodes for level in node["grade_levels"]),
        "categories": _distinct(category for node in nodes for category in node["categories"]),
    }


def originals(nodes: list[NodeData], channel_id: str) -> dict[str, int]:
    """The number of resources by the other channel from which they were copied, the largest number first."""
    resources = [node for node in nodes if node["kind"] != content_kinds.TOPIC]
    found = Counter(node["original_channel_id"] for node in resources if node["original_channel_id"])
    return {str(id): count for id, count in found.most_common() if id != channel_id}


def _longest_path(nodes: list[NodeData]) -> list[NodeData]:
    """The path from the first node (excluded) to the first of its deepest descendants."""
    by_id = {node["id"]: node for node in nodes}
    levels: dict[str, int] = {}
    for node in nodes:
        levels[node["id"]] = levels.get(node["parent_id"] or "", -1) + 1
    path, place = [], max(nodes, key=lambda node: levels[node["id"]])
    while place is not nodes[0]:
        path.append(place)
        place = by_id[place["parent_id"] or ""]
    return path[::-1]


def _beside(resources: list[NodeData], path: list[NodeData]) -> list[NodeData]:
    """Up to SAMPLES resources in the last topic of a path or, if there are none, any resources."""
    topics = [node["id"] for node in path if node["kind"] == content_kinds.TOPIC]
    near = [node for node in resources if topics and node["parent_id"] == topics[-1]]
    return (near or resources)[:SAMPLES]


def _step(node: NodeData) -> dict[str, Any]:
    return {"title": node["title"], "node_id": node["node_id"], "kind_id": node["kind"]}


def _sample(node: NodeData) -> dict[str, Any]:
    thumbnail = next((file for file in node["files"] if file["preset"] in _THUMBNAILS), None)
    return {
        "node_id": node["node_id"],
        "title": node["title"],
        "description": node["description"],
        "thumbnail": f"/{storage_key(thumbnail['checksum'], thumbnail['file_format'])}" if thumbnail else "",
        "kind": node["kind"],
    }


def _names(codes: Iterable[str | None]) -> list[str]:
    found = [languages.getlang(code) for code in _distinct(codes)]
    return sorted(language.native_name for language in found if language)


def _distinct(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})
