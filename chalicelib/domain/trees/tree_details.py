"""Summary of a subtree for get_channel_details and get_node_details, in the shape of Kolibri Studio's responses."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from le_utils.constants import content_kinds, format_presets, languages, roles

from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.types import FileData, NodeData

SAMPLES = 4  # sample nodes in the summary
_CREDITED = ("author", "aggregator", "provider", "copyright_holder")
_THUMBNAILS = {preset.id for preset in format_presets.PRESETLIST if preset.thumbnail}


class _Topic(NamedTuple):
    """A topic on the way to the last node, with samples of the resources in it."""

    id: str
    step: dict[str, Any]
    samples: list[dict[str, Any]]


class _Deepest(NamedTuple):
    """The level of the first of the deepest nodes, the topics on the way to it, and samples of the last of them."""

    level: int
    steps: list[dict[str, Any]]
    samples: list[dict[str, Any]]


class Summary:
    """The summary of a node and its descendants, which are added in tree order.

    If the node is a resource, it counts itself. Sizes are in bytes, with every distinct file counted once. In memory
    are the checksums of the files, the line of topics above the last node, and a few samples.
    """

    def __init__(self) -> None:
        self._nodes = 0
        self._of_top: list[FileData] = []  # counted if the top node is the only one
        self._sizes: dict[str, int] = {}  # by checksum
        self._kinds: Counter[str] = Counter()
        self._originals: Counter[str] = Counter()
        self._tags: Counter[str] = Counter()
        self._texts: dict[str, set[str]] = defaultdict(set)
        self._coach = 0
        self._line: list[_Topic] = []
        self._samples: list[dict[str, Any]] = []
        self._deepest = _Deepest(0, [], [])

    def add(self, node: NodeData) -> None:
        """Add the next node."""
        self._nodes += 1
        if self._nodes == 1:
            self._of_top = node["files"]
        else:
            self._add_files(node["files"])
        self._add_texts("languages", node["language"], *(file["language"] for file in node["files"]))
        self._add_texts("levels", *node["grade_levels"])
        self._add_texts("categories", *node["categories"])
        self._tags.update(node["tags"])
        if node["kind"] != content_kinds.TOPIC:
            self._add_resource(node)
        self._place(node)

    def result(self) -> dict[str, Any]:
        """The summary. Languages have their native names."""
        if self._nodes == 1:
            self._add_files(self._of_top)
        return {
            "resource_count": self._kinds.total(),
            "resource_size": sum(self._sizes.values()),
            "includes": {"coach_content": self._coach, "exercises": self._kinds[content_kinds.EXERCISE]},
            "kind_count": [{"kind_id": kind, "count": count} for kind, count in sorted(self._kinds.items())],
            "languages": _names(self._texts["languages"]),
            "accessible_languages": _names(self._texts["accessible_languages"]),
            "licenses": sorted(self._texts["license"]),
            "tags": [{"tag_name": tag, "count": count} for tag, count in sorted(self._tags.items())],
            "sample_pathway": self._deepest.steps,
            "sample_nodes": self._deepest.samples or self._samples,
            **{f"{name}s": sorted(self._texts[name]) for name in _CREDITED},
            "levels": sorted(self._texts["levels"]),
            "categories": sorted(self._texts["categories"]),
        }

    def originals(self, channel_id: str) -> dict[str, int]:
        """The number of resources by the other channel from which they were copied, the largest number first."""
        return {id: count for id, count in self._originals.most_common() if id != channel_id}

    def _add_files(self, files: list[FileData]) -> None:
        self._sizes.update((file["checksum"], file["file_size"]) for file in files)
        subtitles = [file for file in files if file["preset"] == format_presets.VIDEO_SUBTITLE]
        self._add_texts("accessible_languages", *(file["language"] for file in subtitles))

    def _add_texts(self, name: str, *values: str | None) -> None:
        self._texts[name].update(value for value in values if value)

    def _add_resource(self, node: NodeData) -> None:
        self._kinds[node["kind"]] += 1
        self._coach += node["role_visibility"] == roles.COACH
        for name in ("license", *_CREDITED):
            self._add_texts(name, node[name])  # type: ignore[literal-required]
        if node["original_channel_id"]:
            self._originals[node["original_channel_id"]] += 1

    def _place(self, node: NodeData) -> None:
        """Note whether a node is the deepest so far, and whether it is a sample."""
        while self._line and self._line[-1].id != node["parent_id"]:
            self._line.pop()
        above = self._line[1:]
        level = len(self._line)
        if node["kind"] == content_kinds.TOPIC:
            self._line.append(_Topic(node["id"], _step(node), []))
            above = self._line[1:]
        else:
            for samples in (self._samples, above[-1].samples if above else []):
                if len(samples) < SAMPLES:
                    samples.append(_sample(node))
        if level > self._deepest.level:
            self._deepest = _Deepest(level, [topic.step for topic in above], above[-1].samples if above else [])


def _step(node: NodeData) -> dict[str, Any]:
    return {"title": node["title"], "node_id": node["node_id"], "kind_id": node["kind"]}


def _sample(node: NodeData) -> dict[str, Any]:
    thumbnail = next((file for file in node["files"] if file["preset"] in _THUMBNAILS), None)
    return {
        "node_id": node["node_id"],
        "title": node["title"],
        "description": node["description"],
        "thumbnail": f"/{storage_key(thumbnail['checksum'], thumbnail['file_format'])}" if thumbnail else "",
        "kind": node["kind"],
    }


def _names(codes: Iterable[str]) -> list[str]:
    found = [languages.getlang(code) for code in codes]
    return sorted(language.native_name for language in found if language)
