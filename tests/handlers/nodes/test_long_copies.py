"""Copies and removals of trees that take longer than their function may run."""

from typing import Any

import pytest

from chalicelib.aws import queues
from chalicelib.models import assessment_items, channels, trees
from chalicelib.models.base import find
from chalicelib.models.nodes import Node, is_reserved
from chalicelib.models.tree_copies import Paused
from chalicelib.operations.background import maintenance
from chalicelib.operations.copying import copy_subtree, node_copies
from tests.support.aws.calls import Watch, counting, watching
from tests.support.existing import existing
from tests.support.worlds import counts, nodes
from tests.support.worlds.contentnode import URL, empty_tree

KEY = "c" * 32


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Two nodes are a batch, and every copy runs in a task, which has no time."""
    monkeypatch.setattr(copy_subtree, "CHUNK", 2)
    monkeypatch.setattr(node_copies, "MIN_BACKGROUND_NODES", 1)
    monkeypatch.setattr(node_copies, "MAX_SECONDS", -1)


@pytest.fixture
def root(studio):
    return empty_tree(studio)


@pytest.fixture
def source(studio):
    """The id of a topic of another channel with eight descendants."""
    channel_id, chef_root = studio.make_channel("Source")
    (topic,) = studio.add(chef_root, nodes.topic("t")).values()
    below = studio.add(topic, nodes.exercise("e", nodes.question("q")), nodes.topic("inner"), nodes.topic("empty"))
    studio.add(below[nodes.node_id("inner")], *(nodes.resource(name, "video", role="coach") for name in "abcd"))
    studio.add(topic, nodes.exercise("last", nodes.question("1"), nodes.question("2")))
    studio.finish(channel_id)
    studio.deliver("maintenance")
    return topic


def request(studio, source, root, key=KEY, **fields):
    answer = studio.post(f"{URL}/{source}/copy", {"target": root, "key": key, **fields})
    assert answer.status == 202, answer.text
    return answer.json["task_id"]


def pauses(task_id, at_most=20):
    """Run a copy until it ends, and return how often it was paused."""
    for number in range(at_most):
        try:
            node_copies.run(task_id)
        except Paused:
            continue
        return number
    raise AssertionError("It never ends.")


def shape(node_id):
    """What a tree is made of, without what differs between copies."""
    found: list[dict[str, Any]] = [{**node} for node in trees.walk(node_id)]
    fields = ("title", "kind", "role_visibility", "complete", "assessment_item_count")
    questions = [[item["question"] for item in assessment_items.of(node["id"])] for node in found]
    return [[node[name] for name in fields] for node in found], questions


def assert_sound(root):
    assert counts.stored(root) == counts.recounted(root)
    assert len(counts.edges(root)) == len(trees.walk(root)) - 1


class TestCopies:
    def test_paused_after_every_batch_are_the_same(self, studio, root, source):
        task_id = request(studio, source, root)
        assert pauses(task_id) == 4
        assert studio.task(task_id)["status"] == "SUCCESS"
        assert shape(KEY) == shape(source)
        assert_sound(root)

    def test_write_no_node_twice(self, studio, root, source):
        task_id = request(studio, source, root)
        with counting(studio) as watch:
            pauses(task_id)
        assert watch.names.count("TransactWriteItems") == 5 + 1 + 1  # the batches, the counts, the commit

    def test_are_hidden_while_they_are_paused(self, studio, root, source):
        task_id = request(studio, source, root)
        with pytest.raises(Paused):
            node_copies.run(task_id)
        assert is_reserved(existing(find(Node, KEY)))
        assert studio.get(f"{URL}/{KEY}").status == 404
        assert len(trees.walk(root)) == 1

    def test_begin_again_if_other_nodes_are_to_be_copied_then(self, studio, root, source):
        task_id = request(studio, source, root)
        for _ in range(4):
            with pytest.raises(Paused):
                node_copies.run(task_id)
        channel = existing(channels.get(existing(find(Node, source)).channel_id))
        channel.update(actions=[type(channel).public.set(True)])
        first = trees.walk(source)[1]["id"]
        assert studio.call("DELETE", f"{URL}/{first}").status == 204
        assert pauses(task_id) == 3
        assert shape(KEY) == shape(source)
        assert_sound(root)

    def test_without_excluded_nodes_are_resumed(self, studio, root, source):
        inner = next(node for node in trees.walk(source) if node["title"] == "inner")
        for key, excluded in (("a" * 32, inner["id"]), ("b" * 32, inner["node_id"])):
            task_id = request(studio, source, root, key, excluded_descendants=[excluded])
            assert pauses(task_id) == 1
            assert [node["title"] for node in trees.walk(key)] == ["t", "e", "empty", "last"]
        assert_sound(root)

    def test_killed_at_any_call_end_whole(self, studio, root, source):
        own = (studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)
        number, hit = 0, "yes"
        while hit:
            key = f"{number:032x}"
            task_id = request(studio, source, root, key)
            with watching(Watch(failing=number, answer_lost=number % 2 == 1), own=own) as watch:
                while not watch.hit and studio_task_runs(task_id):
                    pass
            hit = watch.hit
            pauses(task_id)
            assert shape(key) == shape(source)
            number += 17
        assert number > 60
        assert_sound(root)


def studio_task_runs(task_id):
    """Run a copy once. Returns whether it was paused."""
    try:
        node_copies.run(task_id)
    except Paused:
        return True
    except Exception:
        return False
    return False


class TestRemovals:
    def test_queue_the_rest_when_their_time_is_up(self, studio, source, monkeypatch):
        node = existing(find(Node, source))
        monkeypatch.setattr(maintenance, "MAX_SECONDS", -1)
        monkeypatch.setattr("chalicelib.models.tree_streams.CHUNK", 2)
        sent = []
        monkeypatch.setattr(queues, "send_maintenance", lambda *messages, **_: sent.extend(messages))
        channel = existing(channels.get(node.channel_id))
        root_id = str(channel.root_id)
        channel.update(actions=[type(channel).root_id.set(make_other(studio, channel))])
        maintenance.remove_tree(channel.id, root_id)
        messages = 1
        while sent:
            message = sent.pop()
            assert message == {"job": "remove_tree", "channel_id": channel.id, "root_id": root_id}
            maintenance.remove_tree(channel.id, root_id)
            messages += 1
        assert messages == 5
        assert (find(Node, root_id), find(Node, source)) == (None, None)

    def test_do_nothing_to_a_tree_in_use(self, studio, source):
        node = existing(find(Node, source))
        maintenance.remove_tree(node.channel_id, node.tree_id)
        assert len(trees.walk(node.tree_id)) == 10


def make_other(studio, channel):
    root = trees.new_root("d" * 32, channel.id, "Other", None)
    root.save()
    return root.id
