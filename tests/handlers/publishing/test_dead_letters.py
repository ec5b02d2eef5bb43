"""Messages that were received too often: their tasks end with a reason, and an operator finds them."""

import json
from collections import Counter

import pytest

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.handlers import workers
from chalicelib.models import channels, tasks
from chalicelib.operations.publishing import dead_letters, publish_lock
from infra.local.edge.events import sqs_event
from tests.conftest import PREFIX
from tests.support.existing import existing
from tests.support.http.client import ARN, CONTEXT, WORKERS
from tests.support.worlds.published import titles
from tests.support.worlds.publishing import publish


def ask(studio, channel_id, what="publish"):
    answer = studio.post(f"/api/channel/{channel_id}/{what}", {})
    assert answer.status == 200, answer.text
    return answer.json["task_id"]


def time_out(studio, queue):
    """A function that times out each time it receives a message: SQS counts, and the function returns nothing."""
    url = studio.cloud.queue_urls[queue]
    receives = Counter[str]()
    while found := studio.cloud.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages"):
        receives.update(message["MessageId"] for message in found)
        assert max(receives.values()) <= workers.MAX_RECEIVES, "the message is delivered without end"
    return max(receives.values())


def kept(studio, queue):
    """The bodies of the dead letters of a queue."""
    url = studio.cloud.queue_urls[f"{queue}-dlq"]
    found = studio.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


def bury(queue, body, messages_from=True):
    """Deliver a dead letter as SQS does: it names the queue where the message came from."""
    event = sqs_event([{"MessageId": "m", "ReceiptHandle": "r", "Body": body, "Attributes": {}}], ARN + "failed")
    if messages_from:
        event["Records"][0]["attributes"] = {"DeadLetterQueueSourceArn": f"{ARN}{PREFIX}{queue}"}
    return WORKERS["failed"](event, CONTEXT)["batchItemFailures"]


@pytest.mark.parametrize("what", ["publish", "publish_draft"])
@pytest.mark.parametrize("stage", ["publish", "export"])
def test_a_publish_whose_function_always_times_out_ends_with_a_reason(studio, stage, what):
    channel_id = publish(studio, "a")
    task_id = ask(studio, channel_id, what)
    if stage == "export":
        rename(studio, channel_id)
        studio.deliver("publish")
    assert time_out(studio, stage) == workers.MAX_RECEIVES
    assert studio.task(task_id)["status"] != tasks.FAILURE
    assert studio.deliver("failed") == 1
    task = studio.task(task_id)
    assert (task["status"], task["detail"]) == (tasks.FAILURE, dead_letters.REASON)
    assert {"task_id": task_id} in [*kept(studio, "publish"), *kept(studio, "export")]
    assert titles(studio, channel_id) == ["a"]
    assert studio.publish(channel_id)["status"] == tasks.SUCCESS


def rename(studio, channel_id):
    root_id = existing(channels.get(channel_id)).root_id
    node = studio.get(f"/api/contentnode?parent={root_id}").json["results"][0]
    assert studio.call("PATCH", f"/api/contentnode/{node['id']}", {"title": "b"}).status == 200


def test_a_request_that_waited_for_it_is_published(studio):
    channel_id = publish(studio, "a")
    first = ask(studio, channel_id)
    second = ask(studio, channel_id, "publish_draft")
    time_out(studio, "publish")
    studio.deliver()
    assert studio.task(first)["status"] == tasks.FAILURE
    assert studio.task(second)["status"] == tasks.SUCCESS


@pytest.mark.parametrize("name", [tasks.COPY, tasks.DIFF, tasks.DETAILS])
def test_a_background_task_ends_with_a_reason(studio, name):
    channel_id, _ = studio.make_channel()
    task = tasks.new("1" * 32, name, channel_id, studio.user_id)
    task.save()
    message = {"jobs": [{"job": "any", "task_id": task.id}, {"job": "list_channels", "channel_ids": []}]}
    assert bury("maintenance", json.dumps(message)) == []
    assert studio.task(task.id)["status"] == tasks.FAILURE
    assert "several times" in studio.task(task.id)["detail"]
    assert message in kept(studio, "maintenance")


def test_a_finished_task_stays_as_it_is(studio):
    channel_id = publish(studio, "a")
    task_id = ask(studio, channel_id)
    studio.deliver()
    assert bury("publish", json.dumps({"task_id": task_id})) == []
    assert studio.task(task_id)["status"] == tasks.SUCCESS


def test_a_task_that_a_worker_processes_is_left_to_it(studio):
    channel_id = publish(studio, "a")
    task_id = ask(studio, channel_id)
    task, channel = existing(publish_lock.claim(task_id, "publish"))
    assert bury("publish", json.dumps({"task_id": task_id})) == []
    assert studio.task(task_id)["status"] not in tasks.FINISHED
    publish_lock.release(task, channel)
    studio.deliver()
    assert studio.task(task_id)["status"] == tasks.SUCCESS


@pytest.mark.parametrize("queue", ["publish", "export", "maintenance", "uploads", "assembly"])
@pytest.mark.parametrize("body", ["no JSON", "[1]", '{"task_id": 7, "jobs": 7}', '{"jobs": [7, {"task_id": "x"}]}'])
def test_any_message_is_kept_in_the_queue_that_it_came_from(studio, monkeypatch, queue, body):
    sent: dict[str, str] = {}
    monkeypatch.setattr(queues, "keep_dead_letter", lambda url, body: sent.setdefault(url, body))
    assert bury(queue, body) == []
    assert sent == {studio.cloud.queue_urls[queue]: body}


@pytest.mark.parametrize(
    ("queue", "message"), [("publish", {"task_id": "x"}), ("uploads", {"Records": []}), ("maintenance", {"jobs": []})]
)
def test_a_message_of_an_unknown_queue_is_kept_where_its_kind_is_processed(studio, queue, message):
    assert bury("", json.dumps(message), messages_from=False) == []
    assert message in kept(studio, queue)


def test_a_message_counts_its_failures_again_after_a_redrive(studio):
    assert bury("maintenance", json.dumps({"jobs": [], jobs.RECEIVED: 5})) == []
    assert kept(studio, "maintenance") == [{"jobs": []}]


class TestFailuresBeforeAMessageIsSentAgain:
    """A message that meets a held lease is sent again as a new one, which counts the failures of the former."""

    def receive(self, task_id, receives, **more):
        record = {"messageId": "m", "receiptHandle": "none", "body": json.dumps({"task_id": task_id, **more})}
        attributes = {"ApproximateReceiveCount": str(receives)}
        return WORKERS["publish"]({"Records": [record | {"attributes": attributes}]}, CONTEXT)["batchItemFailures"]

    @pytest.fixture
    def held(self, studio):
        task_id = ask(studio, publish(studio, "a"))
        publish_lock.claim(task_id, "publish")
        return task_id

    @pytest.mark.parametrize(("receives", "before", "after"), [(1, 0, 0), (1, 2, 2), (3, 0, 2), (2, 2, 3)])
    def test_are_kept(self, held, monkeypatch, receives, before, after):
        sent = []
        monkeypatch.setattr(queues, "send_again", lambda url, body, seconds: sent.append(json.loads(body)))
        more = {jobs.RECEIVED: before} if before else {}
        assert not self.receive(held, receives, **more)
        assert sent == [{"task_id": held, **({jobs.RECEIVED: after} if after else {})}]

    def test_make_it_a_dead_letter_once_there_are_too_many(self, held):
        assert self.receive(held, 2, **{jobs.RECEIVED: workers.MAX_RECEIVES - 1})


def test_an_export_that_always_times_out_ends_the_draft_before_it(studio):
    """The export may have deleted its database."""
    channel_id = publish(studio, "a")
    ask(studio, channel_id, "publish_draft")
    studio.deliver()
    rename(studio, channel_id)
    ask(studio, channel_id)
    studio.deliver("publish")
    time_out(studio, "export")
    studio.deliver("failed")
    channel = existing(channels.get(channel_id))
    assert channel.draft_token is None
    assert channel.publish_task_id is None


def test_a_dead_letter_of_a_deleted_channel_leaves_no_database(studio):
    channel_id = publish(studio, "a")
    rename(studio, channel_id)
    task_id = ask(studio, channel_id)
    time_out(studio, "publish")
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    studio.deliver("maintenance")
    assert studio.deliver("failed") == 1
    studio.deliver()
    assert studio.task(task_id)["status"] == tasks.FAILURE
    assert not [key for key in studio.cloud.objects() if key.startswith(f"content/databases/{channel_id}")]


def test_a_dead_letter_of_the_export_is_kept_in_its_queue(studio):
    assert bury("export", json.dumps({"task_id": "0" * 32})) == []
    assert kept(studio, "export") == [{"task_id": "0" * 32}]


def test_a_dead_letter_that_cannot_be_kept_is_delivered_again(studio, monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(dead_letters, "bury", refuse)
    assert bury("export", json.dumps({"task_id": "0" * 32})) == [{"itemIdentifier": "m"}]
    assert kept(studio, "export") == []
