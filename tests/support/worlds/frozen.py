"""Small trees, frozen in memory."""

from collections.abc import Mapping

from chalicelib.domain.exercises.completion import first_sentence
from chalicelib.domain.freezing.left_out import LeftOut
from chalicelib.domain.freezing.snapshot import Digest, Freezing, frozen
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.types import ChannelData, NodeData, Snapshot


def freeze(
    channel: ChannelData, nodes: list[NodeData], version: int = 1, faults: Mapping[str, str] | None = None
) -> Snapshot:
    """The published state of a tree, given in pre-order. `faults` are sentences about exercises by id."""
    tree, _ = frozen(_freezing(channel, nodes, faults or {}), channel, version)
    return {"channel": channel, "version": version, "nodes": list(tree.nodes())}


def frozen_tree(channel: ChannelData, nodes: list[NodeData], version: int = 1) -> tuple[FrozenTree, str]:
    """A frozen tree, and its digest."""
    return frozen(_freezing(channel, nodes, {}), channel, version)


def left_out(channel: ChannelData, nodes: list[NodeData], faults: Mapping[str, str], rev: int) -> LeftOut:
    """What a publish leaves out of a tree."""
    return _freezing(channel, nodes, faults).left_out(rev, first_sentence)


def digest(snapshot: Snapshot) -> str:
    """The digest of what is published."""
    node_ids = {node["id"]: node["node_id"] for node in snapshot["nodes"]}
    found = Digest(snapshot["channel"], node_ids.__getitem__)
    for node in snapshot["nodes"]:
        found.add(node)
    return found.result()


def _freezing(channel: ChannelData, nodes: list[NodeData], faults: Mapping[str, str]) -> Freezing:
    ids = [node["id"] for node in nodes]
    numbers: dict[str | None, int] = {id: number for number, id in enumerate(ids)}
    records: list[NodeData] = []
    freezing = Freezing(channel, ids, [numbers.get(node["parent_id"], -1) for node in nodes], records)
    for node in nodes:
        prepared, _ = freezing.prepared(node)
        freezing.add(prepared)
    freezing.faults.update({numbers[id]: fault for id, fault in faults.items()})
    freezing.finish()
    return freezing
