"""Files of frozen trees: written and read node by node."""

import gzip
import json

import pytest
from hypothesis import given, settings

from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.export import frozen_file
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import make_channel, make_file, random_branches, resource, topic, tree

BRANCHES = [
    topic(
        "t",
        resource(
            "a", tags=["x", "y"], language="fr", files=[make_file("a"), make_file("a", preset="document_thumbnail")]
        ),
    ),
    resource("c", kind="video", tags=["x"], files=[make_file("c", preset="video_subtitle", language="de")]),
]


def frozen(*branches, version=3):
    return freeze(make_channel(), tree(*branches), version)


def write(path, snapshot):
    path.write_bytes(b"".join(frozen_file.compressed(in_memory(snapshot))))
    return frozen_file.read(path)


def write_as_before(path, snapshot):
    path.write_bytes(gzip.compress(json.dumps(snapshot, sort_keys=True).encode()))
    return frozen_file.read(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("frozen")


@settings(deadline=None)
@given(branches=random_branches())
def test_what_was_written_is_read_as_often_as_wanted(folder, branches):
    snapshot = frozen(*branches)
    found = write(folder / "tree", snapshot)
    assert (found.channel, found.version) == (snapshot["channel"], 3)
    assert list(found.nodes()) == list(found.nodes()) == snapshot["nodes"]


def test_two_readers_do_not_disturb_each_other(tmp_path):
    found = write(tmp_path / "tree", frozen(*BRANCHES))
    one, other = found.nodes(), found.nodes()
    assert [node["title"] for pair in zip(one, other, strict=True) for node in pair][:4] == ["Channel"] * 2 + ["t"] * 2


@pytest.mark.parametrize("written", [write, write_as_before])
def test_the_summary_counts_what_readers_ask_for(tmp_path, written):
    assert written(tmp_path / "tree", frozen(*BRANCHES)).summary == {
        "nodes": 4,
        "resources": 2,
        "kind_count": {"document": 1, "topic": 2, "video": 1},
        "published_size": 20,
        "languages": ["de", "en", "fr"],
        "tags": ["x", "y"],
        "categories": [],
        "licenses": [1],
    }


def test_a_tree_of_the_earlier_format_is_read(tmp_path):
    snapshot = frozen(*BRANCHES)
    found = write_as_before(tmp_path / "tree", snapshot)
    assert (found.channel, found.version) == (snapshot["channel"], 3)
    assert list(found.nodes()) == list(found.nodes()) == snapshot["nodes"]


def test_equal_trees_give_equal_bytes(tmp_path):
    for name in ("one", "other"):
        snapshot = frozen(*[branch._replace(fields=dict(reversed(branch.fields.items()))) for branch in BRANCHES])
        for node in snapshot["nodes"]:
            for file in node["files"]:
                file["id"] = "1" * 32
        write(tmp_path / name, snapshot)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
