"""Freezing a tree: what it costs, and a tree that changes meanwhile."""

import gc
import tracemalloc
from collections import Counter

import pytest

from chalicelib.errors import Conflict
from chalicelib.models import channels, nodes, tasks, tree_outline
from chalicelib.models.base import find, write_many
from chalicelib.models.nodes import Node
from chalicelib.operations.freezing import frozen_trees
from chalicelib.operations.publishing import tree_freezing
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import stored_trees

MAX_SLOPE = 1000  # bytes per node


@pytest.fixture
def channel(studio):
    channel_id, _ = studio.make_channel()
    assert studio.finish(channel_id).status == 200
    return existing(channels.get(channel_id))


@pytest.fixture
def task(channel):
    task = tasks.new("1" * 32, tasks.PUBLISH, channel.id, "2" * 32)
    task.save()
    return task


def freeze(channel, task):
    with tree_freezing.freeze(task, channel, channel.root_id) as state:
        frozen_trees.keep(state.tree, "worker")
        return state.digest, state.tree.summary


def test_memory_grows_by_less_than_a_kilobyte_per_node(channel, task, monkeypatch):
    monkeypatch.setattr(tree_freezing, "WINDOW", 100)
    monkeypatch.setattr(tree_outline, "TOPICS", 20)
    peaks = {}
    for count in (50, 300, 1200):  # the first one loads modules
        stored_trees.fill(channel, count)
        gc.collect()
        tracemalloc.start()
        freeze(channel, task)
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (peaks[1200] - peaks[300]) / 900 < MAX_SLOPE


def test_nodes_and_fingerprints_are_read_a_hundred_at_a_time(studio, channel, task):
    stored_trees.fill(channel, 420, exercises=40)
    first, _ = freeze(channel, task)
    with counting(studio) as watch:
        again, summary = freeze(channel, task)
    assert again == first
    assert summary["kind_count"] == {"document": 360, "exercise": 40, "topic": 21}
    counted = Counter(watch.names)
    # 21 topics and 40 exercises; 421 nodes in windows of 400, and 40 fingerprints and what uses their files
    assert (counted["Query"], counted["BatchGetItem"]) == (61, 5 + 2)
    assert counted["BatchWriteItem"] == 0
    assert counted["PutObject"] == 1


class TestATreeThatChanges:
    def test_while_its_edges_are_read(self, channel, task):
        stored_trees.fill(channel, 5)
        write_many(deletes=[(Node, channel.root_id)])
        with pytest.raises(Conflict):
            freeze(channel, task)

    def test_a_node_that_is_gone(self, channel, task):
        added = stored_trees.fill(channel, 5)
        write_many(deletes=[(Node, added[2]["id"])])
        with pytest.raises(Conflict):
            freeze(channel, task)

    def test_a_node_that_has_moved(self, channel, task):
        added = stored_trees.fill(channel, 5)
        moved = existing(find(Node, added[2]["id"]))
        moved.parent_id = channel.root_id
        moved.save()
        with pytest.raises(Conflict):
            freeze(channel, task)

    def test_a_tree_that_is_no_longer_the_channels(self, channel, task):
        stored_trees.fill(channel, 5)
        root_id = channel.root_id
        current = existing(channels.get(channel.id))
        current.root_id, current.previous_root_id = "3" * 32, None
        current.save()
        with pytest.raises(Conflict), tree_freezing.freeze(task, channel, root_id):
            pass


def test_the_order_is_that_of_the_tree(channel, task):
    added = stored_trees.fill(channel, 50)
    with tree_freezing.freeze(task, channel, channel.root_id) as state:
        assert [node["id"] for node in state.tree.nodes()] == [channel.root_id, *(node["id"] for node in added)]
    assert nodes.get(channel.root_id)
