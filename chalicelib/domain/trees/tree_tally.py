"""What is found in a tree: the statistics that are stored on its root, counted node by node."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from le_utils.constants import content_kinds, format_presets, roles

from chalicelib.domain.types import NodeData


class Found(TypedDict):
    """`duplicates` (resources that repeat a content_id), sorted `languages` (also of files), `licenses` (le_utils
    names) and `kinds` below the root, and whether a resource has no language (`unspoken`: the channel's applies), is
    for coaches, or has subtitles. `size` is that of all distinct files in bytes, `total` the number of descendants."""

    duplicates: int
    languages: list[str]
    unspoken: bool
    licenses: list[str]
    kinds: list[str]
    coach: bool
    subtitles: bool
    size: int | None
    total: int | None


class Tally:
    """Counts the nodes of a tree. In memory are the checksums of its files and the content_ids of its resources."""

    def __init__(self) -> None:
        self._nodes = 0
        self._resources = 0
        self._contents: set[str] = set()
        self._sizes: dict[str, int] = {}  # by checksum
        self._languages: set[str | None] = set()
        self._licenses: set[str | None] = set()
        self._kinds: set[str] = set()
        self._flags = {"unspoken": False, "coach": False, "subtitles": False}

    def counted(self, nodes: Iterable[NodeData]) -> Iterator[NodeData]:
        """The same nodes, which are added on their way."""
        for node in nodes:
            self.add(node)
            yield node

    def add(self, node: NodeData) -> None:
        """Add a node; the root first."""
        self._nodes += 1
        self._sizes.update((file["checksum"], file["file_size"]) for file in node["files"])
        if self._nodes == 1:
            return
        self._kinds.add(node["kind"])
        self._languages.update((node["language"], *(file["language"] for file in node["files"])))
        self._note("subtitles", any(file["preset"] == format_presets.VIDEO_SUBTITLE for file in node["files"]))
        if node["kind"] != content_kinds.TOPIC:
            self._resources += 1
            self._contents.add(node["content_id"])
            self._licenses.add(node["license"])
            self._note("unspoken", not node["language"])
            self._note("coach", node["role_visibility"] == roles.COACH)

    def _note(self, name: str, value: bool) -> None:
        self._flags[name] |= value

    def result(self) -> Found:
        """The statistics so far."""
        return {
            "duplicates": self._resources - len(self._contents),
            "languages": sorted(filter(None, self._languages)),
            "unspoken": self._flags["unspoken"],
            "licenses": sorted(filter(None, self._licenses)),
            "kinds": sorted(self._kinds),
            "coach": self._flags["coach"],
            "subtitles": self._flags["subtitles"],
            "size": sum(self._sizes.values()),
            "total": max(0, self._nodes - 1),
        }
