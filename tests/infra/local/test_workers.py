"""The workers: messages of ministack's queues, handed to functions as Lambda does it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from infra.local import workers
from infra.local.workers import Worker
from tests.infra.conftest import Ministack


class Recorder:
    """A function that keeps its events, and does `behaviour` with each."""

    def __init__(self, behaviour: Any = lambda event: None) -> None:
        self.events: list[dict[str, Any]] = []
        self._behaviour = behaviour

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        assert context.get_remaining_time_in_millis() > 0
        self.events.append(event)
        return self._behaviour(event)

    @property
    def bodies(self) -> list[str]:
        return [record["body"] for event in self.events for record in event["Records"]]


@pytest.fixture
def sqs(ministack: Ministack) -> Any:
    return ministack.client("sqs")


@pytest.fixture
def queue(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(workers, "RETRY_PAUSE", 1)
    url = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def left(sqs: Any, queue: str) -> int:
    """Messages in a queue, those under way included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_a_message_that_was_done_is_gone(sqs: Any, queue: str) -> None:
    done = Recorder()
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    assert Worker("publish", done, sqs, queue).work_once(wait=2) == 1
    assert done.bodies == ["one"]
    assert done.events[0]["Records"][0]["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:work"
    assert left(sqs, queue) == 0


def test_a_message_whose_function_fails_comes_back(sqs: Any, queue: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail_first(event: dict[str, Any]) -> None:
        if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            raise ValueError("not today")

    function = Recorder(fail_first)
    worker = Worker("publish", function, sqs, queue)
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    worker.work_once(wait=2)
    assert left(sqs, queue) == 1
    assert "not today" in capsys.readouterr().err
    assert worker.work_once(wait=5) == 1
    assert function.bodies == ["one", "one"]
    assert left(sqs, queue) == 0


def test_only_the_failures_of_a_batch_come_back(sqs: Any, queue: str) -> None:
    def fail_odd(event: dict[str, Any]) -> dict[str, Any]:
        odd = [r["messageId"] for r in event["Records"] if int(r["body"]) % 2]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in odd]}

    for number in range(4):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    assert Worker("uploads", Recorder(fail_odd), sqs, queue, batch_size=10).work_once(wait=2) == 4
    assert left(sqs, queue) == 2
    again = Recorder()
    worker = Worker("uploads", again, sqs, queue, batch_size=10)
    while len(again.bodies) < 2:
        worker.work_once(wait=5)
    assert sorted(again.bodies) == ["1", "3"]


def test_a_message_is_worked_on_as_soon_as_it_is_sent(sqs: Any, queue: str) -> None:
    waits: list[float] = []
    stop = threading.Event()
    function = Recorder(lambda event: waits.append(time.time() - float(event["Records"][0]["body"])))
    thread = threading.Thread(target=Worker("publish", function, sqs, queue).run, args=[stop])
    thread.start()
    for _ in range(15):
        time.sleep(0.07)
        sqs.send_message(QueueUrl=queue, MessageBody=str(time.time()))
    time.sleep(0.2)
    stop.set()
    sqs.send_message(QueueUrl=queue, MessageBody=str(time.time()))
    thread.join(5)
    assert len(waits) == 15
    assert sorted(waits)[7] < 0.04  # half of ministack's own 100 ms, less what a busy machine adds


def test_every_function_of_an_app_gets_a_worker(monkeypatch: pytest.MonkeyPatch, ministack: Ministack) -> None:
    app = Chalice(app_name="fake")

    @app.on_sqs_message(queue="export", batch_size=3)
    def export(event: Any) -> None:
        pass

    monkeypatch.setattr(workers, "_function", lambda source: Recorder())
    (worker,) = workers.of_app(app, {"EXPORT_QUEUE_URL": ministack.queues["export"]})
    assert worker.name == "export"
    with pytest.raises(KeyError, match="EXPORT_QUEUE_URL"):
        workers.of_app(app, {})


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"task_id": "t1"}', ["task=t1"]),
        (
            '{"jobs": [{"job": "copy_nodes", "task_id": "t1", "channel_id": "c1"}]}',
            ["job=copy_nodes", "task=t1", "channel=c1"],
        ),
        ('{"jobs": [{"job": "end_uses"}, {"job": "end_uses", "channel_id": 5}]}', ["job=end_uses", "job=end_uses"]),
        ('{"Records": []}', []),
        ("[1]", []),
        ("not JSON", []),
    ],
)
def test_the_log_names_jobs_tasks_and_channels(body: str, shown: list[str]) -> None:
    assert list(workers.named(body)) == shown
