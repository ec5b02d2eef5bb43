"""A publish, frozen: which nodes of a tree are published, what they say, and what can be said of them all."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, cast

from le_utils.constants import content_kinds
from le_utils.constants.licenses import LICENSELIST

from chalicelib.domain.trees.inheritance import inherit
from chalicelib.domain.types import LABELS, ChannelData, NodeData, Snapshot, SnapshotNode

# A chef run makes every node anew: these differ although nothing that is published does.
_PASSING = frozenset({"id", "tree_id", "parent_id"})
_SETS = ("tags", *LABELS)
# Who uploaded a file, and the id of this upload, are not published.
_OF_UPLOAD = frozenset({"id", "uploaded_by"})
_LICENSES = {license.name: license.id for license in LICENSELIST}


class BrokenTreeError(ValueError):
    """The nodes given are not one tree in pre-order."""


def freeze(channel: ChannelData, nodes: list[NodeData], version: int) -> Snapshot:
    """What is published of a tree, given whole in pre-order with its root first.

    Left out are incomplete nodes with all below them, nodes below anything but a topic, and then topics without
    resources; the root stays. The root bears the channel's id as node_id and content_id, and the channel's name.
    Prerequisites that are not published are dropped. The nodes given are not changed.

    Raises BrokenTreeError where a parent is not on the path to its child, or where there is no single root.
    """
    _check_order(nodes)
    published = inherit(channel, _publishable([_root(channel, nodes[0]), *nodes[1:]]))
    levels: dict[str, int] = {}
    for node in published:
        levels[node["id"]] = levels.get(node["parent_id"] or "", -1) + 1
    return {
        "channel": cast(ChannelData, dict(channel)),
        "version": version,
        "nodes": [_frozen(node, levels) for node in published],
    }


def digest(snapshot: Snapshot) -> str:
    """SHA-256 (hex) of all that a snapshot says, but for its version and for ids that change with every chef run.

    Nodes count by node_id, also as parents and prerequisites; ids of files, the order of files, labels and tags,
    and the order of keys do not count. Equal digests: publishing again would change nothing.
    """
    node_ids = _node_ids(snapshot)
    state = hashlib.sha256(_canonical(snapshot["channel"]).encode())
    for node in snapshot["nodes"]:
        state.update(b"\n" + _canonical(_lasting(node, node_ids)).encode())
    return state.hexdigest()


def to_bytes(snapshot: Snapshot) -> bytes:
    """The snapshot as gzipped JSON; equal snapshots give equal bytes."""
    return gzip.compress(_canonical(snapshot).encode(), compresslevel=6, mtime=0)


def from_bytes(data: bytes) -> Snapshot:
    """The snapshot that `to_bytes` wrote."""
    return cast(Snapshot, json.loads(gzip.decompress(data)))


def kind_counts(snapshot: Snapshot) -> dict[str, int]:
    """How many published nodes there are of each kind, the root among the topics."""
    counts = Counter(node["kind"] for node in snapshot["nodes"])
    return dict(sorted(counts.items()))


def resource_count(snapshot: Snapshot) -> int:
    """How many published nodes are not topics; content that appears twice counts twice."""
    return sum(node["kind"] != content_kinds.TOPIC for node in snapshot["nodes"])


def published_size(snapshot: Snapshot) -> int:
    """Bytes of all files that Kolibri can fetch for this version, each stored file once."""
    sizes = {file["checksum"]: file["file_size"] for node in snapshot["nodes"] for file in node["files"]}
    return sum(sizes.values())


def included_languages(snapshot: Snapshot) -> list[str]:
    """le_utils ids of the languages of nodes and of files (subtitles), sorted."""
    return _distinct(_languages(snapshot))


def tags(snapshot: Snapshot) -> list[str]:
    """All tags, sorted."""
    return _distinct(tag for node in snapshot["nodes"] for tag in node["tags"])


def categories(snapshot: Snapshot) -> list[str]:
    """le_utils ids of all subjects and other categories, those of topics among them, sorted."""
    return _distinct(category for node in snapshot["nodes"] for category in node["categories"])


def licenses(snapshot: Snapshot) -> list[int]:
    """The numbers that le_utils gives the licences of all resources, sorted."""
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
    # A root is made anew by every chef run: what it is published as comes from the channel alone, and the
    # channel's description is on the channel.
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


def _publishable(nodes: list[NodeData]) -> list[NodeData]:
    topics: set[str] = set()
    kept = []
    for node in nodes:
        if node["complete"] and (node["parent_id"] is None or node["parent_id"] in topics):
            kept.append(node)
            if node["kind"] == content_kinds.TOPIC:
                topics.add(node["id"])
    useful = {nodes[0]["id"]}
    for node in reversed(kept):  # children before their parents
        if node["kind"] != content_kinds.TOPIC or node["id"] in useful:
            useful |= {node["id"], node["parent_id"] or ""}
    return [node for node in kept if node["id"] in useful]


def _frozen(node: NodeData, levels: dict[str, int]) -> SnapshotNode:
    required = dict.fromkeys(id for id in node["prerequisites"] if id in levels and id != node["id"])
    return cast(SnapshotNode, {**node, "prerequisites": list(required), "level": levels[node["id"]]})


def _node_ids(snapshot: Snapshot) -> dict[str, str]:
    return {node["id"]: node["node_id"] for node in snapshot["nodes"]}


def _lasting(node: SnapshotNode, node_ids: dict[str, str]) -> dict[str, Any]:
    """What of a node counts in a digest."""
    fields: dict[str, Any] = {name: value for name, value in node.items() if name not in _PASSING}
    fields |= {name: sorted(fields[name]) for name in _SETS}
    files = [{name: value for name, value in file.items() if name not in _OF_UPLOAD} for file in node["files"]]
    fields["files"] = sorted(files, key=_canonical)
    fields["prerequisites"] = sorted(node_ids[id] for id in node["prerequisites"])
    fields["parent"] = node_ids.get(node["parent_id"] or "")
    return fields


def _languages(snapshot: Snapshot) -> Iterator[str | None]:
    for node in snapshot["nodes"]:
        yield node["language"]
        yield from (file["language"] for file in node["files"])


def _distinct(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
