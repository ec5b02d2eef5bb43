"""Builders of stored channels and trees with default values."""

from itertools import groupby
from typing import Any, cast

from chalicelib.domain.ids import new_id
from chalicelib.domain.trees.positions import appended
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.models import nodes, trees
from chalicelib.models.base import Table, now, write_many
from chalicelib.models.channels import Channel
from chalicelib.models.children import Child
from chalicelib.models.nodes import Node
from tests.support.worlds.trees import make_node


def make_channel(**fields: Any) -> Channel:
    """A saved channel; its trees are ids without nodes."""
    defaults = {"id": new_id(), "name": "Channel", "created": now(), "modified": now()}
    roots = {"root_id": new_id(), "trash_root_id": new_id()}
    channel = Channel(**{**defaults, **roots, **fields})
    channel.save()
    return channel


def make_root(channel: Channel, root_id: str) -> Node:
    root = trees.new_root(root_id, channel.id, "Root", "en")
    root.save()
    return root


def live_root() -> Node:
    """The root of the live tree of a new channel."""
    channel = make_channel()
    return make_root(channel, channel.root_id)


def child(parent: Node, name: str, **fields: Any) -> NodeData:
    """A new child of `parent`, not saved."""
    node = make_node(name, nodes.to_data(parent), **{"kind": "document", **fields})
    return {**node, "channel_id": parent.channel_id}


def put(parent: Node, *names: str, **fields: Any) -> list[Node]:
    """Append nodes with these names below a node of a live tree, and return the stored nodes."""
    parent = fresh(parent)
    added = [child(parent, name, **fields) for name in names]
    assert trees.append(parent, trees.ancestors(parent, False), added, trees.TreeState.LIVE) is None
    return [fresh(Node(data["id"])) for data in added]


def store(root: Node, tree: list[NodeData]) -> None:
    """Append the nodes of a plain tree (`tests.support.worlds.trees.tree`) below a root, parents first."""
    stored = {tree[0]["id"]: root}
    for parent_id, siblings in groupby(_by_parent(tree), key=lambda node: node["parent_id"]):
        parent = fresh(stored[str(parent_id)])
        added = [_placed(node, parent.id, root) for node in siblings]
        assert trees.append(parent, trees.ancestors(parent, False), added, trees.TreeState.LIVE) is None
        stored |= {data["id"]: nodes.from_data(data, []) for data in added}


def lay(root: Node, tree: list[NodeData]) -> None:
    """The same without counts and in fewer writes."""
    below: dict[str, list[NodeData]] = {tree[0]["id"]: []}
    for node in tree[1:]:
        below[node["id"]] = []
        below[str(node["parent_id"])].append(node)
    below[root.id] = below.pop(tree[0]["id"])
    items: list[Table] = []
    for parent_id, siblings in below.items():
        for number, node in enumerate(siblings):
            stored, position = nodes.from_data(_placed(node, parent_id, root), []), appended(number, node["id"])
            stored.position = position
            items += [stored, Child(parent_id, position, node_id=node["id"], kind=node["kind"])]
    write_many(items)


def _placed(node: NodeData, parent_id: str, root: Node) -> NodeData:
    return {**node, "parent_id": parent_id, "tree_id": root.id, "channel_id": root.channel_id}


def _by_parent(tree: list[NodeData]) -> list[NodeData]:
    """Nodes grouped by parent, parents before children, siblings in order."""
    places = {node["id"]: place for place, node in enumerate(tree)}
    return sorted(tree[1:], key=lambda node: places[str(node["parent_id"])])


def fresh(node: Node) -> Node:
    found = nodes.get(node.id)
    assert found is not None
    return found


def counts(node: Node) -> tuple[int, ...]:
    """The stored (descendants, resources, coach resources, incomplete nodes, children ever appended)."""
    now_ = fresh(node)
    fields = ("total_count", "resource_count", "coach_count", "error_count", "next_position")
    return tuple(int(getattr(now_, name)) for name in fields)


def question(contentnode_id: str, number: int = 0, **fields: Any) -> AssessmentItemData:
    defaults: AssessmentItemData = {
        "contentnode_id": contentnode_id,
        "assessment_id": new_id(),
        "type": "single_selection",
        "question": f"Question {number}",
        "answers": [{"answer": "a", "correct": True, "order": 0}],
        "hints": [],
        "raw_data": "",
        "source_url": None,
        "randomize": True,
        "order": number,
        "files": [],
    }
    return cast(AssessmentItemData, {**defaults, **fields})
