"""Temporary files for what a comparison of two trees does not keep in memory: the nodes, and the lines it finds."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, cast

from chalicelib.domain import jsontext
from chalicelib.domain.trees.diff import SECTIONS, Line
from chalicelib.domain.types import NodeData

LINES = 1000  # of a section that are read or written at once


class NodeFile:
    """A shelf (`domain.trees.diff.Shelf`) in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = 0

    def put(self, node: NodeData) -> int:
        """Add a node; returns its place."""
        text = json.dumps(node).encode() + b"\n"
        self._file.seek(self._size)
        self._file.write(text)
        place, self._size = self._size, self._size + len(text)
        return place

    def get(self, place: int) -> NodeData:
        """The node at a place."""
        self._file.seek(place)
        return cast(NodeData, json.loads(self._file.readline()))


class LineFiles:
    """The lines of each section of a difference, in files."""

    def __init__(self, files: dict[str, IO[bytes]]) -> None:
        self.counts = dict.fromkeys(SECTIONS, 0)
        self._files = files

    def add(self, section: str, line: Line) -> None:
        """Add a line to a section."""
        self.counts[section] += 1
        self._files[section].write(jsontext.dumps(line).encode() + b"\n")

    def parts(self, section: str) -> Iterator[list[Any]]:
        """The lines of a section in lists of LINES; none if it is empty."""
        file, part = self._files[section], []
        file.seek(0)
        for text in file:
            part.append(json.loads(text))
            if len(part) == LINES:
                yield part
                part = []
        if part:
            yield part


@contextmanager
def temporary() -> Iterator[tuple[NodeFile, NodeFile, LineFiles]]:
    """Temporary files for two trees and the lines of their difference."""
    with ExitStack() as stack:
        old, new = (NodeFile(stack.enter_context(tempfile.TemporaryFile())) for _ in range(2))
        yield old, new, LineFiles({name: stack.enter_context(tempfile.TemporaryFile()) for name in SECTIONS})
