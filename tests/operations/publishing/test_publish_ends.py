"""A publish always ends and frees its channel, whatever is in the tree and however often its message has come."""

from typing import Any

from chalicelib.domain.ids import new_id
from chalicelib.handlers import workers
from chalicelib.models import channels, tasks
from chalicelib.models.nodes import Node
from chalicelib.operations.publishing import prepare, publish_lock
from tests.support.aws.moto_internals import later
from tests.support.existing import existing
from tests.support.http.client import CONTEXT, WORKERS, Studio
from tests.support.worlds import nodes

PDF = b"%PDF-1.4 any"


def channel_with_a_document(studio: Studio) -> tuple[str, str, str]:
    """(channel id, root of its live tree, id of the document in it)."""
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
    """Give a worker its message, as it comes for the nth time."""
    record = {
        "messageId": new_id(),
        "receiptHandle": "none",
        "body": f'{{"task_id": "{task_id}"}}',
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }
    return WORKERS[queue]({"Records": [record]}, CONTEXT)


def test_nodes_can_only_be_put_below_topics(studio):
    """What hangs below a document is in no list and in no published channel, and its channel cannot be published."""
    channel_id, _, document = channel_with_a_document(studio)
    sent = {"root_id": document, "content_data": [nodes.topic("below")]}
    answer = studio.post("/api/internal/add_nodes", sent)
    assert 400 <= answer.status < 500
    assert studio.publish(channel_id)["status"] == tasks.SUCCESS


def test_tree_whose_counts_are_wrong_does_not_lock_its_channel(studio):
    """It looks like one that changes while it is read, each time that it is read."""
    channel_id, root, _ = channel_with_a_document(studio)
    Node(root).update([Node.total_count.add(1)])
    task_id = ask(studio, channel_id)
    for minutes in range(60):
        with later(60 * minutes):
            studio.deliver("publish", "export")
    assert existing(tasks.get(task_id)).status == tasks.FAILURE
    assert existing(channels.get(channel_id)).publish_task_id is None


def test_error_of_ours_ends_the_task_at_the_last_try(studio, monkeypatch):
    channel_id, *_ = channel_with_a_document(studio)
    task_id = ask(studio, channel_id)
    monkeypatch.setattr(prepare, "freeze", lambda *_: 1 / 0)
    for receives in range(1, workers.MAX_RECEIVES):
        assert receive("publish", task_id, receives)["batchItemFailures"]
        assert existing(tasks.get(task_id)).status == tasks.STARTED
    receive("publish", task_id, workers.MAX_RECEIVES)
    assert existing(tasks.get(task_id)).status == tasks.FAILURE
    assert existing(channels.get(channel_id)).publish_task_id is None


def test_worker_that_is_turned_away_at_its_last_try_leaves_the_other_at_work(studio):
    """And its message comes again, in case that the other one is killed."""
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


def test_worker_that_comes_late_does_not_change_what_is_exported(studio):
    channel_id, *_ = channel_with_a_document(studio)
    task_id = ask(studio, channel_id)
    task, channel = existing(publish_lock.claim(task_id, publish_lock.PUBLISH))
    channels.Channel(channel_id).update([channels.Channel.publish_lease.set(1)])  # long over
    nothing: Any = {"nodes": []}
    studio.deliver("publish")
    prepare._hand_over(task, channel, nothing, rev=0)
    studio.deliver()
    assert existing(tasks.get(task_id)).status == tasks.SUCCESS
    assert existing(channels.get(channel_id)).version == 1


def test_text_that_cannot_be_written_is_refused_when_it_comes_in(studio):
    """Not when it is published: then nobody would know which node it is."""
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
