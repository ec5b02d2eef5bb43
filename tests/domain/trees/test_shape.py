"""The shape of a tree: what is below each node, and its place in the nested set."""

import pytest
from hypothesis import given, settings

from chalicelib.domain.trees.shape import Places, shape_of
from chalicelib.domain.types import Snapshot, SnapshotNode
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import Branch, make_channel, random_branches, resource, topic, tree


def frozen(*branches: Branch) -> Snapshot:
    return freeze(make_channel(), tree(*branches), 1)


def counted(nodes: list[SnapshotNode], node: SnapshotNode) -> tuple[int, int]:
    """(nodes, resources) below a node, by looking at the whole tree."""
    below = {node["id"]}
    for other in nodes:
        if other["parent_id"] in below:
            below.add(other["id"])
    found = [other for other in nodes if other["id"] in below and other is not node]
    return len(found), sum(other["kind"] != "topic" for other in found)


@settings(deadline=None)
@given(branches=random_branches())
def test_counts_what_is_below_each_node(branches: list[Branch]) -> None:
    nodes = frozen(*branches)["nodes"]
    shape = shape_of(iter(nodes))
    assert list(zip(shape.nodes, shape.resources, strict=True)) == [counted(nodes, node) for node in nodes]


def test_places_of_a_small_tree() -> None:
    nodes = frozen(topic("t", resource("a"), resource("b")), resource("c"))["nodes"]
    places = Places(shape_of(nodes))
    root, t, *others = (places.of(node) for node in nodes)
    assert (root, t) == ((None, 1, 1, 10), (nodes[0]["node_id"], 1, 2, 7))
    assert [(place.number, place.left, place.right) for place in others] == [(1, 3, 4), (2, 5, 6), (2, 8, 9)]
    assert [place.parent_id for place in others] == [nodes[number]["node_id"] for number in (1, 1, 0)]


def test_remembers_prerequisites() -> None:
    nodes = frozen(resource("a"), resource("b"))["nodes"]
    nodes[2]["prerequisites"] = [nodes[1]["id"]]
    assert shape_of(nodes).required == {nodes[1]["id"]}


def test_a_node_must_follow_its_parent() -> None:
    nodes = frozen(topic("t", resource("a")), topic("u", resource("b")))["nodes"]
    nodes[4]["parent_id"] = nodes[1]["id"]
    places = Places(shape_of(nodes))
    for node in nodes[:4]:
        places.of(node)
    with pytest.raises(KeyError, match=str(nodes[1]["id"])):
        places.of(nodes[4])
