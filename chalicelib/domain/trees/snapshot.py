"""The snapshot of a publish: which nodes of a tree are published with which metadata, its digest and statistics."""

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from typing import Any, cast

from le_utils.constants import content_kinds
from le_utils.constants.licenses import LICENSELIST

from chalicelib.domain.files.file_slots import one_per_slot
from chalicelib.domain.trees.frozen_tree import canonical
from chalicelib.domain.trees.inheritance import inherit
from chalicelib.domain.trees.selection import select, with_resources
from chalicelib.domain.types import LABELS, ChannelData, NodeData, Snapshot, SnapshotNode

# Every chef run creates all nodes again, so these change even if the published content does not.
_VOLATILE = frozenset({"id", "tree_id", "parent_id"})
_NOT_PUBLISHED = frozenset({"incomplete_reasons", "incomplete_revs"})
_SETS = ("tags", *LABELS)
# The uploader and the id of a file are not published.
_UPLOAD_FIELDS = frozenset({"id", "uploaded_by"})
_LICENSES = {license.name: license.id for license in LICENSELIST}


class BrokenTreeError(ValueError):
    """The nodes do not form a single tree in pre-order."""


def freeze(channel: ChannelData, nodes: list[NodeData], version: int) -> Snapshot:
    """Build the snapshot of a tree, whose nodes are given in pre-order, root first.

    `selection.select` says which nodes are included. The root gets the channel's id as node_id and content_id, and the
    channel's name. Prerequisites that are not published are dropped. The given nodes are not modified.

    Raises BrokenTreeError if the nodes are not in pre-order or have no single root.
    """
    _check_order(nodes)
    selection = select([_root(channel, nodes[0]), *nodes[1:]])
    published = inherit(channel, selection.nodes)
    levels: dict[str, int] = {}
    for node in published:
        levels[node["id"]] = levels.get(node["parent_id"] or "", -1) + 1
    return {
        "channel": cast(ChannelData, dict(channel)),
        "version": version,
        "nodes": [_snapshot_node(node, levels, selection.instead) for node in published],
    }


def without(snapshot: Snapshot, ids: Container[str]) -> Snapshot:
    """The snapshot without these resources, and without topics that hold no resources then."""
    remaining = with_resources([node for node in snapshot["nodes"] if node["id"] not in ids])
    published = {node["id"] for node in remaining}
    for node in remaining:
        node["prerequisites"] = [id for id in node["prerequisites"] if id in published]
    return {**snapshot, "nodes": remaining}


def digest(snapshot: Snapshot) -> str:
    """SHA-256 (hex) of a snapshot's content. If two digests are equal, publishing again would change nothing.

    The version and the ids that change with every chef run are excluded: nodes, parents and prerequisites are
    identified by node_id. The order of files, labels, tags and keys does not matter.
    """
    node_ids = _node_ids(snapshot)
    state = hashlib.sha256(canonical(snapshot["channel"]).encode())
    for node in snapshot["nodes"]:
        state.update(b"\n" + canonical(_digest_fields(node, node_ids)).encode())
    return state.hexdigest()


def kind_counts(snapshot: Snapshot) -> dict[str, int]:
    """The number of published nodes by kind; the root counts as a topic."""
    counts = Counter(node["kind"] for node in snapshot["nodes"])
    return dict(sorted(counts.items()))


def resource_count(snapshot: Snapshot) -> int:
    """The number of published nodes that are not topics. Content that occurs twice counts twice."""
    return sum(node["kind"] != content_kinds.TOPIC for node in snapshot["nodes"])


def published_size(snapshot: Snapshot) -> int:
    """The size in bytes of this version's files. Every distinct file counts once."""
    sizes = {file["checksum"]: file["file_size"] for node in snapshot["nodes"] for file in node["files"]}
    return sum(sizes.values())


def included_languages(snapshot: Snapshot) -> list[str]:
    """The languages of nodes and files (subtitles), as sorted le_utils ids."""
    return _distinct(_languages(snapshot))


def tags(snapshot: Snapshot) -> list[str]:
    """All tags, sorted."""
    return _distinct(tag for node in snapshot["nodes"] for tag in node["tags"])


def categories(snapshot: Snapshot) -> list[str]:
    """The categories of all nodes, including topics, as sorted le_utils ids."""
    return _distinct(category for node in snapshot["nodes"] for category in node["categories"])


def licenses(snapshot: Snapshot) -> list[int]:
    """The licences of all resources, as sorted le_utils ids."""
    return sorted({_LICENSES[node["license"]] for node in snapshot["nodes"] if node["license"]})


def _check_order(nodes: list[NodeData]) -> None:
    if not nodes or nodes[0]["parent_id"] is not None:
        raise BrokenTreeError("The first node must be the root of the tree.")
    path = [nodes[0]["id"]]
    for node in nodes[1:]:
        while path and path[-1] != node["parent_id"]:
            path.pop()
        if not path:
            raise BrokenTreeError(f"Node {node['id']} does not follow its parent {node['parent_id']}.")
        path.append(node["id"])


def _root(channel: ChannelData, root: NodeData) -> NodeData:
    # Every chef run creates a new root, so its published fields come from the channel only. Its description stays
    # empty, as the channel has it.
    return {
        **root,
        "kind": content_kinds.TOPIC,
        "node_id": channel["id"],
        "content_id": channel["id"],
        "title": channel["name"],
        "description": "",
        "original_channel_id": None,
        "original_node_id": None,
        "complete": True,
    }


def _snapshot_node(node: NodeData, levels: dict[str, int], instead: dict[str, str]) -> SnapshotNode:
    ids = (instead.get(id, id) for id in node["prerequisites"])
    required = dict.fromkeys(id for id in ids if id in levels and id != node["id"])
    fields = {name: value for name, value in node.items() if name not in _NOT_PUBLISHED}
    changed = {"files": one_per_slot(node["files"]), "prerequisites": list(required), "level": levels[node["id"]]}
    return cast(SnapshotNode, {**fields, **changed})


def _node_ids(snapshot: Snapshot) -> dict[str, str]:
    return {node["id"]: node["node_id"] for node in snapshot["nodes"]}


def _digest_fields(node: SnapshotNode, node_ids: dict[str, str]) -> dict[str, Any]:
    """The fields of a node that count in a digest."""
    fields: dict[str, Any] = {name: value for name, value in node.items() if name not in _VOLATILE}
    fields |= {name: sorted(fields[name]) for name in _SETS}
    files = [{name: value for name, value in file.items() if name not in _UPLOAD_FIELDS} for file in node["files"]]
    fields["files"] = sorted(files, key=canonical)
    fields["prerequisites"] = sorted(node_ids[id] for id in node["prerequisites"])
    fields["parent"] = node_ids.get(node["parent_id"] or "")
    return fields


def _languages(snapshot: Snapshot) -> Iterator[str | None]:
    for node in snapshot["nodes"]:
        yield node["language"]
        yield from (file["language"] for file in node["files"])


def _distinct(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})
