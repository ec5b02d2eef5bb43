"""get_tree_data and get_node_tree_data of large trees: prepared in the background, fetched from the bucket."""

import gzip
import json
from datetime import timedelta

import pytest

from chalicelib.models import base, channels, trees
from chalicelib.operations.trees import nested_tree
from tests.conftest import BUCKET
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.worlds import nodes

TREE, NODES = "/api/internal/get_tree_data", "/api/internal/get_node_tree_data"


@pytest.fixture
def channel_id(studio):
    """A channel whose chef tree has seven nodes, three of them below the root."""
    channel_id, root = studio.make_channel()
    pdf = store(studio, b"12345", "pdf")
    outer = studio.add(root, nodes.topic("outer"), nodes.topic("empty"))[nodes.node_id("outer")]
    studio.add(outer, nodes.topic("inner"), *(nodes.resource(name, files=[nodes.file(pdf)]) for name in "abcd"))
    return channel_id


@pytest.fixture
def large(channel_id, monkeypatch):
    """The same, where more than one node is too many for a request."""
    monkeypatch.setattr(nested_tree, "MAX_AT_ONCE", 1)
    return channel_id


def ask(studio, channel_id, path=TREE, token="", **headers):
    return studio.call("POST", path, {"channel_id": channel_id, "tree": "chef"}, token, **headers)


def stored(studio, answer):
    """Follow the redirect."""
    assert (answer.status, answer.headers["Cache-Control"]) == (303, "no-store")
    found = studio.cloud.s3.get_object(Bucket=BUCKET, Key=answer.headers["Location"].removeprefix("/"))
    assert found["CacheControl"] == "private, no-store"
    data = found["Body"].read()
    return json.loads(gzip.decompress(data) if found.get("ContentEncoding") == "gzip" else data)


@pytest.mark.parametrize("path", [TREE, NODES])
def test_the_task_stores_what_a_small_tree_returns(studio, channel_id, path, monkeypatch):
    whole = ask(studio, channel_id, path).json
    monkeypatch.setattr(nested_tree, "MAX_AT_ONCE", 1)
    started = ask(studio, channel_id, path)
    assert (started.status, started.json["success"]) == (202, True)
    assert started.headers["Location"] == f"/api/task/{started.json['task_id']}"
    assert int(started.headers["Retry-After"]) > 0
    studio.deliver("maintenance")
    task = studio.get(started.headers["Location"]).json
    assert (task["status"], task["progress"]) == ("SUCCESS", 100)
    ready = ask(studio, channel_id, path)
    assert stored(studio, ready) == whole
    assert task["result"] == {"location": ready.headers["Location"]}
    zipped = ask(studio, channel_id, path, accept_encoding="gzip")
    assert zipped.headers["Location"] != ready.headers["Location"]
    assert stored(studio, zipped) == whole


def test_one_task_serves_all_who_ask(studio, large):
    answers = [ask(studio, large) for _ in range(3)]
    assert len({answer.json["task_id"] for answer in answers}) == 1
    studio.deliver("maintenance")
    studio.deliver("maintenance")
    assert ask(studio, large).headers["Location"] == ask(studio, large).headers["Location"]


def test_a_tree_that_changed_is_prepared_again(studio, large):
    ask(studio, large)
    studio.deliver("maintenance")
    assert ask(studio, large).status == 303
    root = existing(channels.get(large)).chef_root_id
    studio.add(root, nodes.topic("new"))
    assert ask(studio, large).status == 202
    studio.deliver("maintenance")
    assert [entry["title"] for entry in stored(studio, ask(studio, large))["tree"]] == ["outer", "empty", "new"]


def test_an_address_is_not_given_out_shortly_before_its_object_is_deleted(studio, large, monkeypatch):
    ask(studio, large)
    studio.deliver("maintenance")
    later = base.now() + nested_tree.AVAILABLE + timedelta(minutes=1)
    monkeypatch.setattr(nested_tree, "now", lambda: later)
    assert ask(studio, large).status == 202


def test_a_tree_that_is_removed_meanwhile_ends_the_task(studio, large):
    started = ask(studio, large)
    root = existing(channels.get(large)).chef_root_id
    trees.remove(root, lambda ids: None, lambda: False)
    studio.deliver("maintenance")
    task = studio.get(started.headers["Location"]).json
    assert (task["status"], task["detail"]) == ("FAILURE", "The tree no longer exists.")


def test_strangers_learn_nothing(studio, large):
    assert ask(studio, large, token=studio.sign_up("stranger")[1]).status == 403


def test_a_level_of_few_nodes_is_returned_at_once(studio, channel_id, monkeypatch):
    monkeypatch.setattr(nested_tree, "MAX_AT_ONCE", 2)
    assert [ask(studio, channel_id, path).status for path in (TREE, NODES)] == [202, 200]


def test_a_request_for_a_large_tree_takes_few_calls_whatever_its_size(studio, large):
    def calls():
        with counting(studio) as watch:
            assert ask(studio, large).status == 202
        return watch.names

    root = existing(channels.get(large)).chef_root_id
    before = calls()
    studio.add(root, *(nodes.topic(str(number)) for number in range(30)))
    assert calls() == before
