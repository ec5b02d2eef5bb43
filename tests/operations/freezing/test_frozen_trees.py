"""Frozen trees in the bucket."""

import os

import pytest

from chalicelib.aws import storage
from chalicelib.domain.trees.snapshot import freeze
from chalicelib.export import frozen_file
from chalicelib.operations.freezing import frozen_trees
from tests.conftest import BUCKET
from tests.support.aws.calls import counting
from tests.support.worlds.trees import make_channel, resource, tree

PARTS = 5 << 20  # the smallest that S3 accepts


def test_a_kept_tree_is_opened_by_its_key(studio, tmp_path):
    snapshot = freeze(make_channel(), tree(resource("doc")), 1)
    with frozen_file.Writer(tmp_path / "tree") as writer:
        for node in snapshot["nodes"]:
            writer.add(node)
        writer.finish(snapshot["channel"], 1)
    with counting(studio) as watch:
        key = frozen_trees.keep(tmp_path / "tree", "worker")
        with frozen_trees.opened(key) as found:
            assert list(found.nodes()) == snapshot["nodes"]
    assert watch.names == ["PutObject", "GetObject"]


def test_a_tree_that_was_not_kept_is_unknown(studio):
    with pytest.raises(KeyError), frozen_trees.opened("work/unknown/tree.jsonl.gz"):
        pass


def test_a_large_file_is_stored_in_parts(studio, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "PART", PARTS)
    content = os.urandom(2 * PARTS + 1)
    (tmp_path / "large").write_bytes(content)
    with counting(studio) as watch:
        storage.put_in_parts("work/worker/large", tmp_path / "large", "application/gzip", storage.NEWEST)
    assert watch.names == ["CreateMultipartUpload", *["UploadPart"] * 3, "CompleteMultipartUpload"]
    assert storage.read("work/worker/large") == content
    head = studio.cloud.s3.head_object(Bucket=BUCKET, Key="work/worker/large")
    assert (head["ContentType"], head["CacheControl"]) == ("application/gzip", storage.NEWEST)
