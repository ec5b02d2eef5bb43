"""Which nodes of a tree a publish includes: complete nodes, each node_id once, and no topics without resources."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeVar

from le_utils.constants import content_kinds

from chalicelib.domain.types import NodeData

N = TypeVar("N", bound=NodeData)


@dataclass(frozen=True)
class Selection:
    """The nodes to publish, in pre-order, and for repeated nodes by id the id of the node that is published instead."""

    nodes: list[NodeData]
    instead: dict[str, str]


def select(nodes: list[NodeData]) -> Selection:
    """Select from the nodes of a tree, given in pre-order, root first. The root is always included.

    Left out are incomplete nodes with their descendants, children of anything but a topic, and then topics without
    resources. Of nodes with the same node_id the first is published. The children of a repeated topic move to the first
    one, unless that is a resource. The given nodes are not modified.
    """
    complete, instead = _each_once(_complete(nodes))
    return Selection(with_resources(complete), instead)


def with_resources(nodes: list[N]) -> list[N]:
    """The nodes, given in pre-order, without topics that hold no resources. The root remains."""
    needed = {nodes[0]["id"]}
    for node in reversed(nodes):  # children before their parents
        if node["kind"] != content_kinds.TOPIC or node["id"] in needed:
            needed |= {node["id"], node["parent_id"] or ""}
    return [node for node in nodes if node["id"] in needed]


def _complete(nodes: list[NodeData]) -> list[NodeData]:
    topics: set[str] = set()
    remaining = []
    for node in nodes:
        if node["parent_id"] is None or (node["complete"] and node["parent_id"] in topics):
            remaining.append(node)
            if node["kind"] == content_kinds.TOPIC:
                topics.add(node["id"])
    return remaining


def _each_once(nodes: list[NodeData]) -> tuple[list[NodeData], dict[str, str]]:
    first: dict[str, NodeData] = {}
    instead: dict[str, str] = {}
    topics: set[str] = set()
    children: defaultdict[str, list[NodeData]] = defaultdict(list)
    for node in nodes:
        parent_id = instead.get(node["parent_id"] or "", node["parent_id"])
        if parent_id is not None and parent_id not in topics:
            continue  # below a repeated topic whose first node is a resource
        same = first.setdefault(node["node_id"], node)
        if same is not node:
            instead[node["id"]] = same["id"]
            continue
        children[parent_id or ""].append(node if parent_id == node["parent_id"] else {**node, "parent_id": parent_id})
        if node["kind"] == content_kinds.TOPIC:
            topics.add(node["id"])
    return (_preorder(children) if instead else nodes), instead


def _preorder(children: dict[str, list[NodeData]]) -> list[NodeData]:
    order: list[NodeData] = []
    waiting = list(children[""])
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(reversed(children[node["id"]]))
    return order
