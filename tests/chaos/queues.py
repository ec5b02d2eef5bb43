"""The queues: messages come twice, late and in any order, and again after their worker failed or was killed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.config import settings
from infra.local.edge.events import LambdaContext, sqs_event
from tests.chaos.hub import WORKER_SECONDS, Hub, Killed
from tests.conftest import PREFIX
from tests.support.http.client import ARN, WORKERS

MAX_RECEIVES = 5  # as in the template
MAX_WORKERS = 6  # at the same time
DEAD = "-dlq"


@dataclass
class Message:
    queue: str
    body: str
    visible: float
    number: int
    receives: int = 0
    source: str = ""  # the queue that it failed in


@dataclass
class Queues:
    hub: Hub
    is_calm: bool = True  # whether each message comes once, and soon
    waiting: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    running: int = 0
    count: int = 0

    def call(self, operation: str, arguments: dict[str, Any]) -> Any:
        """Answer a call of SQS."""
        queue = arguments["QueueUrl"].rpartition("/")[2].removeprefix(PREFIX)
        if operation == "SendMessage":
            self.send(queue, arguments["MessageBody"], arguments.get("DelaySeconds", 0))
            return {}
        if operation == "ChangeMessageVisibility":
            for message in self.waiting:
                if str(message.number) == arguments["ReceiptHandle"]:
                    message.visible = self.hub.now + arguments["VisibilityTimeout"]
            return {}
        assert operation == "GetQueueAttributes", operation
        return {"Attributes": dict.fromkeys(arguments["AttributeNames"], "0")}

    def send(self, queue: str, body: str, delay: float = 0) -> None:
        if queue.endswith(DEAD):
            self.dead.append(Message(queue.removesuffix(DEAD), body, 0, 0))
            return
        copies = 1 if self.is_calm or self.hub.random.random() > 0.1 else 2
        for _ in range(copies):
            late = 0.0 if self.is_calm else self.hub.random.choice([0.0, 0.0, 1.0, 20.0, 200.0])
            self.count += 1
            self.waiting.append(Message(queue, body, self.hub.now + delay + late, self.count))

    def schedule(self, *jobs: str) -> None:
        """Send jobs as EventBridge does."""
        self.send("maintenance", json.dumps({"jobs": [{"job": job} for job in jobs]}))

    def redrive(self) -> int:
        """Move the dead letters back, as an operator does; returns their number."""
        moved, self.dead = self.dead, []
        for message in moved:
            self.send(message.queue, message.body)
        return len(moved)

    def deliver(self) -> float | None:
        """Start a worker for a message that is due; return when the next one is."""
        due = [message for message in self.waiting if message.visible <= self.hub.now]
        if due and self.running < MAX_WORKERS:
            message = self.hub.random.choice(due)
            message.visible = self.hub.now + (5400 if self.hub.random.random() < 0.3 else 120)
            message.receives += 1
            self.running += 1
            self.hub.start(f"{message.queue}-{message.number}.{message.receives}", lambda: self._work(message))
        if self.running >= MAX_WORKERS:
            return None
        return min((message.visible for message in self.waiting), default=None)

    def _work(self, message: Message) -> None:
        self.hub.note(f"receives {message.body}")
        try:
            if message.receives > MAX_RECEIVES and message.queue != "failed":
                self._bury(message)
                return
            with self.hub.working(message.queue, WORKER_SECONDS) as work:
                answer = _handled(message)
            if not answer["batchItemFailures"] and not work.is_dead and message in self.waiting:
                self.waiting.remove(message)
        except Killed:
            pass  # the message is visible again after a while
        finally:
            self.running -= 1

    def _bury(self, message: Message) -> None:
        """SQS moves a message that was received too often."""
        self.waiting.remove(message)
        self.send("failed", message.body)
        self.waiting[-1].source = message.queue


def _handled(message: Message) -> Any:
    attributes = {"ApproximateReceiveCount": str(message.receives)}
    if message.source:
        attributes["DeadLetterQueueSourceArn"] = f"{ARN}{PREFIX}{message.source}"
    sent = {
        "MessageId": str(message.number),
        "ReceiptHandle": str(message.number),
        "Body": message.body,
        "Attributes": attributes,
    }
    worker: Callable[..., Any] = WORKERS[message.queue]
    return worker(sqs_event([sent], ARN + message.queue), LambdaContext(message.queue, WORKER_SECONDS))


def urls() -> dict[str, str]:
    """The URLs of the queues, as the application knows them."""
    conf = settings()
    return {name: getattr(conf, f"{name}_queue_url") for name in WORKERS}
