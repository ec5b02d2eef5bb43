"""Nested trees for get_tree_data and get_node_tree_data, in the shape of Kolibri Studio's responses."""

from typing import Any

from le_utils.constants import content_kinds

from chalicelib.domain.types import NodeData


def nested(nodes: list[NodeData], with_children: bool) -> dict[str, Any]:
    """Nest `nodes`, which are in tree order, below the first of them.

    Topics have `children` if requested. Exercises have `count`, the number of their questions. Other kinds have
    `file_size`, the size of their files in bytes, or None if they have no files.
    """
    entries: dict[str, dict[str, Any]] = {}
    below: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        children = below.setdefault(node["id"], [])
        entry = _entry(node)
        if node["kind"] == content_kinds.TOPIC and with_children:
            entry["children"] = children
        entries[node["id"]] = entry
        if node["parent_id"] in below and node is not nodes[0]:
            below[str(node["parent_id"])].append(entry)
    return {**entries[nodes[0]["id"]], "children": below[nodes[0]["id"]]}


def _entry(node: NodeData) -> dict[str, Any]:
    entry: dict[str, Any] = {"title": node["title"], "kind": node["kind"]}
    if node["kind"] == content_kinds.EXERCISE:
        entry["count"] = node["assessment_item_count"]
    elif node["kind"] != content_kinds.TOPIC:
        entry["file_size"] = sum(file["file_size"] for file in node["files"]) if node["files"] else None
    return {**entry, "node_id": node["node_id"], "studio_id": node["id"]}
