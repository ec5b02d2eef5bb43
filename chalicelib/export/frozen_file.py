"""Files of frozen trees: their lines, compressed."""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from chalicelib.domain.trees import frozen_tree
from chalicelib.domain.trees.frozen_tree import FrozenTree, Summary, Tally
from chalicelib.domain.types import ChannelData, SnapshotNode

_LEVEL = 6  # of compression


class Writer:
    """Writes a frozen tree to `path`, node by node, in pre-order. Equal trees give equal bytes.

    The summary is the first line although it is known last, so nodes are written to a second file beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._body = path.with_name(f"{path.name}.nodes")
        self._raw = self._body.open("wb")
        self._lines = gzip.GzipFile("", "wb", _LEVEL, self._raw, mtime=0)
        self._tally = Tally()

    def add(self, node: SnapshotNode) -> None:
        """Write a node."""
        self._tally.add(node)
        self._lines.write(frozen_tree.line(node))

    def finish(self, channel: ChannelData, version: int) -> Summary:
        """Complete the file; returns the summary of its nodes."""
        self._close()
        summary = self._tally.summary()
        first = frozen_tree.header(channel, version, summary)
        with self._path.open("wb") as whole, self._body.open("rb") as body:
            whole.write(gzip.compress(first, _LEVEL, mtime=0))
            shutil.copyfileobj(body, whole)
        return summary

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close()
        self._body.unlink(missing_ok=True)

    def _close(self) -> None:
        self._lines.close()
        self._raw.close()


def read(path: Path) -> FrozenTree:
    """The frozen tree in a file, also of the earlier format. The file must exist as long as nodes are read."""

    def lines() -> Iterator[bytes]:
        with gzip.open(path, "rb") as file:
            yield from file

    return frozen_tree.parsed(lines)
