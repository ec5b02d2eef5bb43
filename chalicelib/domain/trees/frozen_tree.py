"""A frozen tree: what a publish hands over to the export, as a stream of nodes with a summary of them.

The stream is lines of JSON: first the channel, the version and the summary, then one node per line, in pre-order.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from le_utils.constants import content_kinds
from le_utils.constants.licenses import LICENSELIST

from chalicelib.domain.types import ChannelData, Snapshot, SnapshotNode

FORMAT = 2  # 1 was a single object with all nodes
_LICENSES = {license.name: license.id for license in LICENSELIST}


class Summary(TypedDict):
    """What readers need of all nodes at once. Lists are sorted, and of distinct values."""

    nodes: int  # with the root
    resources: int  # nodes that are not topics; content that occurs twice counts twice
    kind_count: dict[str, int]  # nodes by kind; the root counts as a topic
    published_size: int  # bytes; every distinct file counts once
    languages: list[str]  # le_utils ids, of nodes and files (subtitles)
    tags: list[str]
    categories: list[str]  # le_utils ids, also of topics
    licenses: list[int]  # le_utils ids


@dataclass(frozen=True)
class FrozenTree:
    """The published state of a tree. Each call of `nodes` reads all nodes again, in pre-order, root first.

    Nodes must be read one after the other: a tree may be larger than the memory.
    """

    channel: ChannelData
    version: int
    summary: Summary
    nodes: Callable[[], Iterator[SnapshotNode]]


class Tally:
    """Builds the summary of nodes that are added one by one. Grows by about 100 bytes per distinct file."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._sizes = 0
        self._files: set[bytes] = set()
        self._languages: set[str] = set()
        self._tags: set[str] = set()
        self._categories: set[str] = set()
        self._licenses: set[int] = set()

    def add(self, node: SnapshotNode) -> None:
        """Count a node."""
        self._kinds[node["kind"]] += 1
        self._languages.update(language for language in (node["language"],) if language)
        self._tags.update(tag for tag in node["tags"] if tag)
        self._categories.update(category for category in node["categories"] if category)
        if node["license"]:
            self._licenses.add(_LICENSES[node["license"]])
        for file in node["files"]:
            self._languages.update(language for language in (file["language"],) if language)
            checksum = file["checksum"].encode()
            if checksum not in self._files:
                self._files.add(checksum)
                self._sizes += file["file_size"]

    def summary(self) -> Summary:
        """The summary of the nodes added so far."""
        return {
            "nodes": self._kinds.total(),
            "resources": self._kinds.total() - self._kinds[content_kinds.TOPIC],
            "kind_count": {kind: count for kind, count in sorted(self._kinds.items()) if count},
            "published_size": self._sizes,
            "languages": sorted(self._languages),
            "tags": sorted(self._tags),
            "categories": sorted(self._categories),
            "licenses": sorted(self._licenses),
        }


def in_memory(snapshot: Snapshot) -> FrozenTree:
    """A frozen tree whose nodes are in memory, as those of earlier versions are."""
    tally = Tally()
    for node in snapshot["nodes"]:
        tally.add(node)
    return FrozenTree(snapshot["channel"], snapshot["version"], tally.summary(), lambda: iter(snapshot["nodes"]))


def header(tree: FrozenTree) -> bytes:
    """The first line."""
    return line({"format": FORMAT, "channel": tree.channel, "version": tree.version, "summary": tree.summary})


def line(value: Any) -> bytes:
    """A line of JSON. Equal values give equal bytes."""
    return canonical(value).encode() + b"\n"


def canonical(value: Any) -> str:
    """A value as JSON, in one way only."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def parsed(lines: Callable[[], Iterable[bytes]]) -> FrozenTree:
    """The frozen tree in lines, which `lines` returns from the first one at each call.

    The only line of the earlier format is read as a whole.
    """
    first = json.loads(next(iter(lines())))
    if "nodes" in first:
        return in_memory(cast(Snapshot, first))

    def nodes() -> Iterator[SnapshotNode]:
        following = iter(lines())
        next(following)
        return (json.loads(each) for each in following)

    return FrozenTree(first["channel"], first["version"], first["summary"], nodes)
