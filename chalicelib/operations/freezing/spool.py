"""A spool: the nodes of a tree by number in a file, since they do not fit into memory."""

import json
import os
import zlib
from array import array
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from chalicelib.domain.types import NodeData

_LEVEL = 1  # of compression: nodes are written once and read two or three times


class Spool:
    """Nodes in a new file. They can be read in any order, also while more are appended. 8 bytes per node."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, node: NodeData) -> None:
        """Add the next node."""
        data = zlib.compress(json.dumps(node, separators=(",", ":")).encode(), _LEVEL)
        self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def __getitem__(self, number: int) -> NodeData:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.flush()
        return cast(NodeData, json.loads(zlib.decompress(os.pread(self._file.fileno(), end - start, start))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.close()
