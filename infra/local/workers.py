"""Calls the functions of the queues as Lambda does: `python -m infra.local.workers`.

One thread per queue waits for messages, calls the function with a batch, and deletes the messages that succeeded.
Failed messages are delivered again after a growing pause of some seconds; in AWS, after the queue's visibility timeout.
The schedules of the template are kept, too: further threads send their messages.
"""

import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import SQSEventConfig

from infra import resources
from infra.local import lifeline
from infra.local.aws import call_counter
from infra.local.edge.events import LambdaContext, sqs_event
from infra.resources import Schedule

WAIT = 20  # seconds of a long poll
RETRY_PAUSE = 2  # seconds after a first failure; doubles
MAX_RETRY_PAUSE = 60
FINISH_WITHIN = 20.0  # seconds for batches in progress when the stack stops
# Seconds, as in resources.yaml.
TIMEOUTS = {"publish": 900, "export": 900, "maintenance": 300, "uploads": 60, "assembly": 900, "failed": 60}

# The fields of messages that the log shows.
NAMED = {"job": "job", "task": "task_id", "channel": "channel_id", "user": "user_id"}

Function = Callable[[dict[str, Any], LambdaContext], Any]


class Worker:
    """Calls one function with one queue's messages."""

    def __init__(self, name: str, function: Function, sqs: Any, queue_url: str, batch_size: int = 1) -> None:
        self.name = name
        self.busy = threading.Event()
        self._function = function
        self._sqs = sqs
        self._url = queue_url
        self._batch_size = batch_size
        account, queue = queue_url.split("/")[-2:]
        self._arn = f"arn:aws:sqs:{sqs.meta.region_name}:{account}:{queue}"

    def send(self, body: str) -> None:
        """Send a message to the worker's queue."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                self.work_once(WAIT, stop)
            except (BotoCoreError, ClientError) as error:
                if not stop.wait(0.5):
                    print(f"{self.name}: {error}", file=sys.stderr)

    def work_once(self, wait: int, stop: threading.Event | None = None) -> int:
        """Receive and process one batch, waiting up to `wait` seconds for it; returns the number of its messages."""
        messages = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(self._batch_size, 10),
            WaitTimeSeconds=wait,
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not messages or (stop and stop.is_set()):
            return 0
        self.busy.set()
        try:
            failed = self._call(messages)
            for message in messages:
                if message["MessageId"] not in failed:
                    self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        finally:
            self.busy.clear()
        return len(messages)

    def _call(self, messages: list[dict[str, Any]]) -> set[str]:
        """Call the function; returns the ids of the messages that failed."""
        started = time.perf_counter()
        try:
            result = self._function(
                sqs_event(messages, self._arn), LambdaContext(self.name, TIMEOUTS.get(self.name, 60))
            )
        except Exception:  # whatever a function raises fails its batch, as in Lambda
            traceback.print_exc()
            for message in messages:
                self._pause(message)
            return {message["MessageId"] for message in messages}
        failures = result.get("batchItemFailures") or [] if isinstance(result, Mapping) else []
        failed = {failure["itemIdentifier"] for failure in failures}
        seconds = time.perf_counter() - started
        what = " ".join(dict.fromkeys(part for message in messages for part in named(message.get("Body", ""))))
        count = f"{len(messages)} messages, {len(failed)} failed, {seconds:.3f} s"
        print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {self.name} {count} {what}".rstrip())
        return failed

    def _pause(self, message: dict[str, Any]) -> None:
        """Let SQS deliver the message again soon. Functions that report failed messages pause them themselves."""
        handle = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
        count = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
        pause = min(RETRY_PAUSE * 2 ** (count - 1), MAX_RETRY_PAUSE)
        self._sqs.change_message_visibility(**handle, VisibilityTimeout=pause)


def named(body: str) -> Iterator[str]:
    """What a message is about, for the log: its jobs, its task and its channel, as far as it names them."""
    try:
        message = json.loads(body)
    except ValueError:
        return
    for part in [message, *message.get("jobs", ())] if isinstance(message, dict) else ():
        yield from (f"{name}={part[key]}" for name, key in NAMED.items() if isinstance(part.get(key), str))


def of_app(app: Any, environment: Mapping[str, str]) -> list[Worker]:
    """A worker for every function that a Chalice app declares with `on_sqs_message`.

    The queue of the function `publish` is at `PUBLISH_QUEUE_URL`. Raises KeyError if that is not set.
    """
    config = botocore.config.Config(read_timeout=WAIT + 10, retries={"total_max_attempts": 1})
    sqs = botocore.session.get_session().create_client("sqs", config=config)
    return [
        Worker(source.name, _function(source), sqs, environment[f"{source.name.upper()}_QUEUE_URL"], source.batch_size)
        for source in app.event_sources
        if isinstance(source, SQSEventConfig)
    ]


def keep_schedule(schedule: Schedule, worker: Worker, stop: threading.Event) -> None:
    """Send the message of a schedule to the worker's queue at each interval, until `stop` is set."""
    while not stop.wait(schedule.seconds):
        try:
            worker.send(schedule.body)
        except (BotoCoreError, ClientError) as error:
            print(f"{worker.name}: {error}", file=sys.stderr)


def _function(source: SQSEventConfig) -> Function:
    module, name = source.handler_string.rsplit(".", 1)
    function: Function = getattr(importlib.import_module(module), name)
    return function


def main() -> None:
    """Work until the parent stops it or ends; batches in progress are finished first, within FINISH_WITHIN."""
    lifeline.hold()
    lifeline.show_errors()
    call_counter.begin()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    workers = of_app(importlib.import_module("app").app, os.environ)
    for worker in workers:
        threading.Thread(target=worker.run, args=[stop], name=worker.name, daemon=True).start()
    by_name = {worker.name: worker for worker in workers}
    for schedule in resources.schedules():
        if schedule.queue in by_name:
            threading.Thread(target=keep_schedule, args=[schedule, by_name[schedule.queue], stop], daemon=True).start()
    stop.wait()
    deadline = time.monotonic() + FINISH_WITHIN
    while time.monotonic() < deadline and any(worker.busy.is_set() for worker in workers):
        time.sleep(0.02)
    os._exit(0)  # without waiting for threads in a long poll


if __name__ == "__main__":
    main()
