"""What an operator sees and does with a deployed stack."""

import json
import time
from collections.abc import Callable
from typing import Any

from infra.local import deployed
from infra.local.aws import emulator
from infra.local.stack import Stack


class Operator:
    """Calls to AWS, and the documented commands."""

    def __init__(self, stack: Stack) -> None:
        self.endpoint = stack.environment["AWS_ENDPOINT_URL"]
        self.outputs = deployed.outputs_of(self.endpoint)

    def client(self, service: str) -> Any:
        return emulator.client(service, self.endpoint)

    def make(self, command: str, **options: str) -> str:
        """The output of `make <command>`."""
        return deployed.operate(self.endpoint, command, **options)

    def send(self, queue: str, *bodies: Any) -> None:
        """Send messages to a queue in one batch; text as it is, everything else as JSON."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        entries = [{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)]
        self.client("sqs").send_message_batch(QueueUrl=self.url(queue), Entries=entries)

    def url(self, queue: str) -> str:
        """The URL of a queue, from the stack's outputs."""
        return self.outputs[f"{queue.capitalize()}QueueUrl"]

    def dead_letters(self, queue: str) -> list[str]:
        """The bodies of the dead letters of a queue, which remain there."""
        url = self.outputs[f"{queue.capitalize()}DeadLettersUrl"]
        found = self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in found.get("Messages", [])]

    def waiting(self, queue: str) -> int:
        """The number of unfinished messages of a queue."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def logged(self, function: str) -> str:
        """Everything that a function has logged."""
        pages = self.client("logs").get_paginator("filter_log_events")
        name = f"/aws/lambda/{deployed.PREFIX}{function}"
        return "\n".join(event["message"] for page in pages.paginate(logGroupName=name) for event in page["events"])


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)
