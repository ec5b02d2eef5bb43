"""The stored counts of topics, to compare with counts computed from the nodes."""

from collections import Counter
from typing import Any

from le_utils.constants import content_kinds, roles

from chalicelib.models.children import Child
from chalicelib.models.nodes import Node

COUNTS = ("total_count", "resource_count", "coach_count", "error_count")


def stored(root_id: str) -> dict[str, tuple[int, ...]]:
    """The stored counts of every node of a tree, by its title and id."""
    return {f"{node.title} {node.id}": tuple(int(getattr(node, name)) for name in COUNTS) for node in _tree(root_id)}


def recounted(root_id: str) -> dict[str, tuple[int, ...]]:
    """The same, computed only from the nodes and their parents."""
    tree = _tree(root_id)
    parents = {node.id: node.parent_id for node in tree}
    below: dict[str, Counter[str]] = {node.id: Counter() for node in tree}
    for node in tree:
        above = node.parent_id
        while above:
            below[above].update(shares(node))
            above = parents[above]
    return {f"{node.title} {node.id}": tuple(below[node.id][name] for name in COUNTS) for node in tree}


def shares(node: Any) -> dict[str, int]:
    """What a node adds to the counts of each node above it."""
    is_resource = node.kind != content_kinds.TOPIC
    return {
        "total_count": 1,
        "resource_count": int(is_resource),
        "coach_count": int(is_resource and node.role_visibility == roles.COACH),
        "error_count": int(not node.complete),
    }


def _tree(root_id: str) -> list[Any]:
    return [node for node in Node.scan() if node.tree_id == root_id]


def edges(root_id: str) -> list[tuple[str, str]]:
    """(parent, child) of every edge whose parent is in the tree, with duplicates."""
    ids = {node.id for node in _tree(root_id)}
    return [(edge.parent_id, edge.node_id) for edge in Child.scan() if edge.parent_id in ids]
