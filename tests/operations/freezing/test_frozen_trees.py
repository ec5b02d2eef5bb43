"""Frozen trees in the bucket."""

import os

import pytest

from chalicelib.aws import storage
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.operations.freezing import frozen_trees
from tests.support.aws.calls import counting
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import make_channel, resource, tree

PARTS = 5 << 20  # the smallest that S3 accepts


def test_a_kept_tree_is_opened_by_its_key(studio):
    snapshot = freeze(make_channel(), tree(resource("doc")), 1)
    with counting(studio) as watch:
        key = frozen_trees.keep(in_memory(snapshot), "worker")
        with frozen_trees.opened(key) as found:
            assert list(found.nodes()) == snapshot["nodes"]
    assert watch.names == ["PutObject", "GetObject"]


def test_a_tree_that_was_not_kept_is_unknown(studio):
    with pytest.raises(KeyError), frozen_trees.opened("work/unknown/tree.jsonl.gz"):
        pass


def _of_a_file(content, path):
    path.write_bytes(content)
    storage.put_in_parts("work/worker/large", path, "application/gzip")


def _of_a_stream(content, _):
    pieces = (content[at : at + 100_000] for at in range(0, len(content), 100_000))
    storage.put_stream("work/worker/large", pieces, "application/gzip")


@pytest.mark.parametrize("put", [_of_a_file, _of_a_stream])
@pytest.mark.parametrize("size", [PARTS, 2 * PARTS + 1])
def test_large_objects_are_stored_in_parts(studio, tmp_path, monkeypatch, put, size):
    monkeypatch.setattr(storage, "PART", PARTS)
    content = os.urandom(size)
    with counting(studio) as watch:
        put(content, tmp_path / "large")
    parts = ["CreateMultipartUpload", *["UploadPart"] * 3, "CompleteMultipartUpload"]
    assert watch.names == (parts if size > PARTS else ["PutObject"])
    assert storage.read("work/worker/large") == content
