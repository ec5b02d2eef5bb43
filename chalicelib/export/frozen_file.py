"""Files of frozen trees: their lines, compressed."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from chalicelib.domain.trees import frozen_tree
from chalicelib.domain.trees.frozen_tree import FrozenTree

_LEVEL = 6  # of compression
_GZIP = 16 + zlib.MAX_WBITS


def compressed(tree: FrozenTree) -> Iterator[bytes]:
    """The file of a frozen tree in pieces of any size. Equal trees give equal bytes."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    yield packer.compress(frozen_tree.header(tree))
    for node in tree.nodes():
        yield packer.compress(frozen_tree.line(node))
    yield packer.flush()


def read(path: Path) -> FrozenTree:
    """The frozen tree in a file, also of the earlier format. The file must exist as long as nodes are read."""

    def lines() -> Iterator[bytes]:
        with gzip.open(path, "rb") as file:
            yield from file

    return frozen_tree.parsed(lines)
