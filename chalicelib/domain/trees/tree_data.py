"""Nested trees for get_tree_data and get_node_tree_data, in the shape of Kolibri Studio's responses."""

from collections.abc import Iterable, Iterator
from typing import Any

from le_utils.constants import content_kinds

from chalicelib.domain import jsontext
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


def texts(nodes: Iterable[NodeData], with_children: bool) -> Iterator[str]:
    """The JSON text of `nested(…)["children"]` in parts, of a tree of any size: nodes are in tree order.

    Nodes whose parent is not among them are left out.
    """
    line: list[str] = []  # ids of the topics that are open
    separator = ""
    yield "["
    for node in nodes:
        if not line:
            line.append(node["id"])
            continue
        if node["parent_id"] not in line:
            continue
        while line[-1] != node["parent_id"]:
            line.pop()
            separator = ","
            yield "]}"
        text = jsontext.dumps(_entry(node))
        if node["kind"] == content_kinds.TOPIC and with_children:
            line.append(node["id"])
            yield f'{separator}{text[:-1]},"children":['
            separator = ""
        else:
            yield f"{separator}{text}"
            separator = ","
    yield "]}" * (len(line) - 1) + "]"


def _entry(node: NodeData) -> dict[str, Any]:
    entry: dict[str, Any] = {"title": node["title"], "kind": node["kind"]}
    if node["kind"] == content_kinds.EXERCISE:
        entry["count"] = node["assessment_item_count"]
    elif node["kind"] != content_kinds.TOPIC:
        entry["file_size"] = sum(file["file_size"] for file in node["files"]) if node["files"] else None
    return {**entry, "node_id": node["node_id"], "studio_id": node["id"]}
