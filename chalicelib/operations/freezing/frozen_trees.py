"""Frozen trees in the bucket, from which the export worker reads what the publish worker has written."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import frozen_tree_key
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.export import frozen_file

CONTENT_TYPE = "application/gzip"


def keep(tree: FrozenTree, worker: str) -> str:
    """Store a frozen tree; returns its key.

    Each worker has its own key: a late one must not overwrite the tree in use.
    """
    key = frozen_tree_key(worker)
    storage.put_stream(key, frozen_file.compressed(tree), CONTENT_TYPE)
    return key


@contextmanager
def opened(key: str) -> Iterator[FrozenTree]:
    """The frozen tree with this key, which can be read within the block. One read of the bucket, to a file.

    Raises KeyError if it does not exist.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree.jsonl.gz"
        storage.download(key, path)
        yield frozen_file.read(path)
