"""A spool: the nodes of a tree by number in a file, since they do not fit into memory."""

import json
import os
import zlib
from array import array
from itertools import accumulate, pairwise
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

    def part(self, start: int) -> bytes:
        """The nodes from a number on, for `extend`."""
        first, last = self._ends[start], self._ends[-1]
        lengths = array("I", (after - before for before, after in pairwise(self._ends[start:])))
        self._file.flush()
        return len(lengths).to_bytes(4) + lengths.tobytes() + os.pread(self._file.fileno(), last - first, first)

    def extend(self, part: bytes) -> None:
        """Add the nodes of a part."""
        count = int.from_bytes(part[:4])
        lengths = array("I", part[4 : 4 + 4 * count])
        self._ends.extend(accumulate(lengths[1:], initial=self._ends[-1] + lengths[0]) if count else ())
        self._file.write(part[4 + 4 * count :])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.close()
