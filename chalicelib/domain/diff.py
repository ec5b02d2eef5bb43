"""What one tree of a channel changes against another. Nodes are the same where their node_id is."""

from typing import Any

from chalicelib.domain.types import LABELS, NodeData

_COMPARED = (
    "title",
    "description",
    "kind",
    "language",
    "license",
    "license_description",
    "copyright_holder",
    "author",
    "aggregator",
    "provider",
    "role_visibility",
    "suggested_duration",
    "tags",
    "extra_fields",
    "assessment_item_count",
    *LABELS,
)


def compare(old: list[NodeData], new: list[NodeData]) -> dict[str, Any]:
    """Nodes added, removed, changed and moved, and what that does to the number of resources and bytes.

    Both lists are in tree order with their root first; roots are not compared.
    """
    before, after = _by_node_id(old), _by_node_id(new)
    kept = [node_id for node_id in after if node_id in before]
    old_parents, new_parents = _parents(old), _parents(new)
    return {
        "added": [_line(node) for node_id, node in after.items() if node_id not in before],
        "removed": [_line(node) for node_id, node in before.items() if node_id not in after],
        "changed": [
            {**_line(after[node_id]), "fields": fields}
            for node_id in kept
            if (fields := _changed_fields(before[node_id], after[node_id]))
        ],
        "moved": [_line(after[node_id]) for node_id in kept if old_parents[node_id] != new_parents[node_id]],
        "file_size": [_file_size(old), _file_size(new)],
    }


def counts(changes: dict[str, Any]) -> dict[str, int]:
    """How many nodes were added, removed, changed and moved."""
    return {name: len(changes[name]) for name in ("added", "removed", "changed", "moved")}


def sentence(changes: dict[str, Any]) -> str:
    """The counts as a sentence for people."""
    return ", ".join(f"{count} {name}" for name, count in counts(changes).items()) + "."


def _by_node_id(nodes: list[NodeData]) -> dict[str, NodeData]:
    return {node["node_id"]: node for node in nodes[1:]}


def _parents(nodes: list[NodeData]) -> dict[str, str | None]:
    """The node_id of each node's parent, None below the root."""
    names = {node["id"]: node["node_id"] for node in nodes[1:]}
    return {node["node_id"]: names.get(node["parent_id"] or "") for node in nodes[1:]}


def _changed_fields(old: NodeData, new: NodeData) -> list[str]:
    fields = [name for name in _COMPARED if _value(old, name) != _value(new, name)]
    return fields + (["files"] if _file_set(old) != _file_set(new) else [])


def _value(node: NodeData, name: str) -> Any:
    """A field's value; the order of tags and labels says nothing."""
    value = node[name]  # type: ignore[literal-required]
    return sorted(value) if isinstance(value, list) else value


def _file_set(node: NodeData) -> set[tuple[str, str, str | None]]:
    return {(file["checksum"], file["preset"], file["language"]) for file in node["files"]}


def _file_size(nodes: list[NodeData]) -> int:
    return sum({file["checksum"]: file["file_size"] for node in nodes for file in node["files"]}.values())


def _line(node: NodeData) -> dict[str, Any]:
    return {"id": node["id"], "node_id": node["node_id"], "title": node["title"], "kind": node["kind"]}
