"""A publish always ends and releases its channel, whatever the tree holds and however often its message arrives."""

from typing import Any

from chalicelib.domain.freezing.left_out import LeftOut
from chalicelib.domain.ids import new_id
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.handlers import workers
from chalicelib.models import channels, tasks
from chalicelib.models.nodes import Node
from chalicelib.operations.publishing import prepare, publish_lock, tree_freezing
from chalicelib.operations.publishing.settled import Found
from chalicelib.operations.publishing.tree_freezing import FrozenState
from tests.support.aws.moto_internals import later
from tests.support.existing import existing
from tests.support.http.client import CONTEXT, WORKERS, Studio
from tests.support.worlds import nodes
from tests.support.worlds.trees import make_channel

PDF = b"%PDF-1.4 any"


def channel_with_a_document(studio: Studio) -> tuple[str, str, str]:
    """Return (channel ID, root of its live tree, ID of the document in it)."""
    channel_id, root = studio.make_channel()
    name = studio.upload(PDF, "pdf", "document")
    ids = studio.add(root, nodes.resource("doc", files=[nodes.file(name)]))
    assert studio.finish(channel_id).status == 200
    return channel_id, root, ids[nodes.node_id("doc")]


def ask(studio: Studio, channel_id: str) -> str:
    answer = studio.post("/api/internal/publish_channel", {"channel_id": channel_id})
    assert answer.status == 200, answer.text
    return str(answer.json["task_id"])


def receive(queue: str, task_id: str, receives: int) -> Any:
    """Deliver a message to a worker as its nth attempt."""
    record = {
        "messageId": new_id(),
        "receiptHandle": "none",
        "body": f'{{"task_id": "{task_id}"}}',
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }
    return WORKERS[queue]({"Records": [record]}, CONTEXT)


def test_nodes_can_only_be_added_below_topics(studio):
    """A node below a document would appear in no list and prevent its channel from being published."""
    channel_id, _, document = channel_with_a_document(studio)
    sent = {"root_id": document, "content_data": [nodes.topic("below")]}
    answer = studio.post("/api/internal/add_nodes", sent)
    assert (answer.status, answer.json["root_id"]) == (400, ["Only topics can have children. Choose a topic."])
    assert studio.publish(channel_id)["status"] == tasks.SUCCESS


def test_a_tree_with_wrong_counts_does_not_lock_its_channel(studio):
    """It looks like a tree that changes during every read."""
    channel_id, root, _ = channel_with_a_document(studio)
    Node(root).update([Node.total_count.add(1)])
    task_id = ask(studio, channel_id)
    for minutes in range(60):
        with later(60 * minutes):
            studio.deliver("publish", "export")
    assert existing(tasks.get(task_id)).status == tasks.FAILURE
    assert existing(channels.get(channel_id)).publish_task_id is None


def test_an_internal_error_ends_the_task_at_the_last_attempt(studio, monkeypatch):
    channel_id, *_ = channel_with_a_document(studio)
    task_id = ask(studio, channel_id)
    monkeypatch.setattr(tree_freezing, "_outline", lambda *_: 1 / 0)
    for receives in range(1, workers.MAX_RECEIVES):
        assert receive("publish", task_id, receives)["batchItemFailures"]
        assert existing(tasks.get(task_id)).status == tasks.STARTED
    receive("publish", task_id, workers.MAX_RECEIVES)
    assert existing(tasks.get(task_id)).status == tasks.FAILURE
    assert existing(channels.get(channel_id)).publish_task_id is None


def test_a_worker_rejected_at_its_last_attempt_does_not_stop_the_holder(studio):
    """Its message is redelivered, in case the holder is killed."""
    channel_id, *_ = channel_with_a_document(studio)
    task_id = ask(studio, channel_id)
    task, channel = existing(publish_lock.claim(task_id, publish_lock.PUBLISH))
    waiting = studio.cloud.waiting("publish")
    receive("publish", task_id, workers.MAX_RECEIVES)
    assert studio.cloud.waiting("publish") == waiting + 1
    assert existing(channels.get(channel_id)).publish_task_id == task_id
    assert existing(channels.get(channel_id)).publish_lease == channel.publish_lease
    publish_lock.release(task, channel)
    with later(publish_lock.LEASE):
        studio.deliver()
    assert existing(tasks.get(task_id)).status == tasks.SUCCESS


def test_a_late_worker_does_not_change_the_exported_snapshot(studio):
    channel_id, *_ = channel_with_a_document(studio)
    task_id = ask(studio, channel_id)
    task, channel = existing(publish_lock.claim(task_id, publish_lock.PUBLISH))
    channels.Channel(channel_id).update([channels.Channel.publish_lease.set(1)])  # expired long ago
    empty = in_memory({"channel": make_channel(), "version": 1, "nodes": []})
    nothing = FrozenState(empty, "", Found(LeftOut([], []), []))
    studio.deliver("publish")
    prepare._hand_over(task, channel, nothing, rev=0)
    studio.deliver()
    assert existing(tasks.get(task_id)).status == tasks.SUCCESS
    assert existing(channels.get(channel_id)).version == 1


def test_text_that_cannot_be_stored_is_refused_on_upload(studio):
    """Not on publish, when editors could not tell which node is affected."""
    channel_id, root = studio.make_channel()
    name = studio.upload(PDF, "pdf", "document")
    question = nodes.question("q", answers='[{"answer": "\\ud800", "correct": true}]')
    for spoiled in (
        nodes.resource("doc", files=[nodes.file(name)], extra_fields='{"a": "\\ud800"}'),
        nodes.exercise("exercise", question),
    ):
        answer = studio.post("/api/internal/add_nodes", {"root_id": root, "content_data": [spoiled]})
        assert answer.status == 400, answer.text
    studio.add(root, nodes.resource("fine", files=[nodes.file(name)]))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == tasks.SUCCESS
