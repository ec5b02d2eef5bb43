"""The snapshot of a publish: which nodes of a tree are published with which metadata, and its digest."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

from le_utils.constants import content_kinds

from chalicelib.domain.files.file_slots import one_per_slot
from chalicelib.domain.freezing.inheritance import Inheritance
from chalicelib.domain.freezing.left_out import Absence, LeftOut, path_of
from chalicelib.domain.freezing.selection import NOWHERE, Selection
from chalicelib.domain.trees.frozen_tree import FrozenTree, Tally, canonical
from chalicelib.domain.types import LABELS, ChannelData, NodeData, SnapshotNode

# Every chef run creates all nodes again, so these change even if the published content does not.
_VOLATILE = frozenset({"id", "tree_id", "parent_id"})
_OWN = "own_language"  # of a topic, which others inherit; `language` is the published one
_NOT_PUBLISHED = frozenset({"incomplete_reasons", "incomplete_revs", _OWN})
_SETS = ("tags", *LABELS)
# The uploader and the id of a file are not published.
_UPLOAD_FIELDS = frozenset({"id", "uploaded_by"})


class Records(Protocol):
    """Where the nodes of a tree are kept by number, outside the memory."""

    def append(self, node: NodeData, /) -> None: ...
    def __getitem__(self, number: int, /) -> NodeData: ...
    def __len__(self) -> int: ...


class Freezing:
    """Freezes a tree whose nodes are added one by one, in pre-order, root first.

    Selection says which nodes are included. The root gets the channel's id as node_id and content_id, and the channel's
    name. Prerequisites that are not published are dropped. In memory are the ids and parents, and the node_ids.
    """

    def __init__(self, channel: ChannelData, ids: Sequence[str], parents: Sequence[int], records: Records) -> None:
        """`ids` and the numbers of `parents` are those of all nodes, in the same order."""
        self._channel, self._ids, self._parents, self._records = channel, ids, parents, records
        self._selection = Selection(parents)
        self._inheritance = Inheritance(channel)
        self._requiring = False
        self._added = 0
        self.faults: dict[int, str] = {}  # sentences about exercises that turned out to be unpublishable, by number

    def prepared(self, node: NodeData) -> tuple[NodeData, bool]:
        """The next node as it is published, and whether it is, as far as can be said yet. The given one stays as it is.

        Every node must then be added by `add`, in the same order, when its derived files are known.
        """
        node = node if self._added or node["parent_id"] is not None else _root(self._channel, node)
        parent = self._selection.add(node)
        if parent is None:
            return node, False
        parent_id = None if parent == NOWHERE else self._ids[parent]
        self._requiring = self._requiring or bool(node["prerequisites"])
        changes = {"parent_id": parent_id, "files": one_per_slot(node["files"]), _OWN: node["language"]}
        changes["channel_id"] = self._channel["id"]  # that of many moved nodes is updated after the move
        return self._inheritance.of(cast(NodeData, {**node, **changes})), True

    def resume(self) -> None:
        """Continue after the nodes in the records, which another worker has prepared and added."""
        for number in range(len(self._records)):
            node = self._records[number]
            if self._selection.add(node) is not None:
                self._requiring = self._requiring or bool(node["prerequisites"])
                self._inheritance.of(cast(NodeData, {**node, "language": node[_OWN]}))  # type: ignore[literal-required]
            self._added += 1

    def add(self, node: NodeData) -> None:
        """Add a node after `prepared`."""
        self._records.append(node)
        self._added += 1

    def finish(self) -> None:
        """Decide what is published, after all nodes were added."""
        self._included = self._selection.included(self.faults)
        self._order = self._selection.order(self._included)
        self._numbers = {id: number for number, id in enumerate(self._ids)} if self._requiring else {}

    def nodes(self) -> Iterator[SnapshotNode]:
        """The published nodes, in pre-order."""
        levels = {NOWHERE: -1}  # of topics on the path
        path: list[int] = []
        for number in self._order:
            parent = self._selection.parent_of(number)
            while path and path[-1] != parent:
                del levels[path.pop()]
            level = levels[parent] + 1
            if self._selection.is_topic(number):
                levels[number] = level
                path.append(number)
            yield self._published(number, level)

    def _published(self, number: int, level: int) -> SnapshotNode:
        node = self._records[number]
        fields = {name: value for name, value in node.items() if name not in _NOT_PUBLISHED}
        required = dict.fromkeys(id for id in map(self._present, node["prerequisites"]) if id and id != node["id"])
        return cast(SnapshotNode, {**fields, "prerequisites": list(required), "level": level})

    def _present(self, id: str) -> str | None:
        """The id of the published node that an id stands for, if any."""
        number = self._numbers.get(id)
        if number is None:
            return None
        number = self._selection.instead_of(number)
        return self._ids[number] if self._included[number] else None

    def node_id(self, id: str) -> str:
        """The node_id of a node by its id, which occurs among prerequisites."""
        return self._records[self._numbers[id]]["node_id"]

    def left_out(self, rev: int, why: Callable[[NodeData], str]) -> LeftOut:
        """What is not published. `why` returns the sentence about an incomplete node, and `rev` is the revision of the
        channel when its tree was read."""
        absence = Absence(rev)
        merged: set[int] = set()
        for number in range(1, self._added):
            if self._included[number]:
                continue
            node = self._records[number]
            place = self._note(absence, number, node, why)
            if place is not None and node["kind"] == content_kinds.TOPIC and self._selection.is_topic(place):
                merged.add(number)
                continue
            parent = self._parents[number]
            absence.absent(node, bool(self._included[parent]) or parent in merged)
        return absence.result()

    def _note(self, absence: Absence, number: int, node: NodeData, why: Callable[[NodeData], str]) -> int | None:
        """Note a node that is left out; returns the number of that which is published in its place, if any."""
        if not node["complete"] or number in self.faults:
            absence.incomplete(node, lambda: f"{self._path(number)} ({self.faults.get(number) or why(node)})")
            return None
        place = self._selection.first_of(node["node_id"])
        if place is None or not self._included[place]:
            return None
        absence.repeated(lambda: f"{self._path(number)} (at {self._path(place)})")
        return place

    def _path(self, number: int) -> str:
        titles = []
        while number:
            titles.append(self._records[number]["title"])
            number = self._parents[number]
        return path_of(reversed(titles))


def frozen(freezing: Freezing, channel: ChannelData, version: int) -> tuple[FrozenTree, str]:
    """The tree that was frozen, and its digest. Reads its nodes once."""
    tally, digest = Tally(), Digest(channel, freezing.node_id)
    for node in freezing.nodes():
        tally.add(node)
        digest.add(node)
    return FrozenTree(channel, version, tally.summary(), freezing.nodes), digest.result()


class Digest:
    """SHA-256 of a published tree. If two digests are equal, publishing again would change nothing.

    The version and the ids that change with every chef run are excluded: nodes, parents and prerequisites are
    identified by node_id. The order of files, labels, tags and keys does not matter. Nodes are added in pre-order.
    """

    def __init__(self, channel: ChannelData, node_id: Callable[[str], str]) -> None:
        """`node_id` returns that of a prerequisite by its id."""
        self._state = hashlib.sha256(canonical(channel).encode())
        self._node_id = node_id
        self._path: list[tuple[str | None, str | None]] = []  # (id, node_id)

    def add(self, node: SnapshotNode) -> None:
        """Add the next node."""
        while self._path and self._path[-1][0] != node["parent_id"]:
            self._path.pop()
        fields: dict[str, Any] = {name: value for name, value in node.items() if name not in _VOLATILE}
        fields |= {name: sorted(fields[name]) for name in _SETS}
        files = [{name: value for name, value in file.items() if name not in _UPLOAD_FIELDS} for file in node["files"]]
        fields["files"] = sorted(files, key=canonical)
        fields["prerequisites"] = sorted(map(self._node_id, node["prerequisites"]))
        fields["parent"] = self._path[-1][1] if self._path else None
        self._state.update(b"\n" + canonical(fields).encode())
        self._path.append((node["id"], node["node_id"]))

    def result(self) -> str:
        """The digest so far, in hex."""
        return self._state.hexdigest()


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
