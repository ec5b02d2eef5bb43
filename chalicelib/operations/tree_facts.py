"""What is known of a tree as a whole without walking it: its root carries it since the tree was walked last.

A tree is walked when a chef has finished it, and whenever it is published.
"""

from typing import Any

from le_utils.constants import content_kinds, format_presets, roles

from chalicelib.domain.types import NodeData
from chalicelib.models.base import update_if
from chalicelib.models.nodes import Node

NOTHING: dict[str, Any] = {
    "duplicates": 0,
    "languages": [],
    "unspoken": False,
    "licenses": [],
    "kinds": [],
    "coach": False,
    "subtitles": False,
}


def keep(root_id: str, nodes: list[NodeData]) -> None:
    """Remember what is known of a tree that has been walked; `nodes` has the root first."""
    update_if(Node(root_id), [Node.tree_facts.set(facts_of(nodes[1:]))], Node.id.exists())


def facts_of(nodes: list[NodeData]) -> dict[str, Any]:
    """Of the nodes below a root: `duplicates` (resources whose content_id an earlier one has), their `languages`
    (also of files), `licenses` (le_utils names) and `kinds`, sorted; whether a resource is in no language (`unspoken`:
    it is in its channel's), is for coaches, or has subtitles."""
    resources = [node for node in nodes if node["kind"] != content_kinds.TOPIC]
    files = [file for node in nodes for file in node["files"]]
    languages = {part["language"] for part in (*nodes, *files)}
    return {
        "duplicates": len(resources) - len({node["content_id"] for node in resources}),
        "languages": sorted(language for language in languages if language),
        "unspoken": any(not node["language"] for node in resources),
        "licenses": sorted({node["license"] for node in resources if node["license"]}),
        "kinds": sorted({node["kind"] for node in nodes}),
        "coach": any(node["role_visibility"] == roles.COACH for node in resources),
        "subtitles": any(file["preset"] == format_presets.VIDEO_SUBTITLE for file in files),
    }


def read_from(root: Node | None) -> dict[str, Any]:
    """What a root carries."""
    return {**NOTHING, **((root.tree_facts or {}) if root else {})}


def content_count(root: Node | None) -> int:
    """How many contents the resources of a tree have. Copies within it count as contents of their own until it is
    walked again."""
    return max(0, int(root.resource_count) - int(read_from(root)["duplicates"])) if root else 0
