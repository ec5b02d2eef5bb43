"""The queues of the workers. Every call to SQS is here."""

import json
from functools import cache
from typing import Any, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.domain.jobs import SINCE
from chalicelib.telemetry import log

_DEAD = "-dlq"  # appended to the URL of a queue
_LONG_POLL = 2  # seconds; a long poll, which asks all servers of SQS
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Length(TypedDict):
    """The numbers of messages in a queue; `dead` is of its dead-letter queue."""

    waiting: int
    received: int
    delayed: int
    dead: int


@cache
def client() -> Any:
    """The SQS client of this process, created at its first use."""
    return clients.make("sqs")


def send_publish(task_id: str, since: int = 0) -> None:
    """Send a task to the publish worker. `since` is the number of its checkpoint from which a new message continues."""
    _send(settings().publish_queue_url, {"task_id": task_id, **({SINCE: since} if since else {})})


def send_export(task_id: str) -> None:
    """Send a task that publish has prepared to the export worker, which writes its database."""
    _send(settings().export_queue_url, {"task_id": task_id})


def send_assembly(task_id: str) -> None:
    """Send the task of an upload whose parts have all arrived to the worker that checks the file."""
    _send(settings().assembly_queue_url, {"task_id": task_id})


def send_maintenance(*jobs: dict[str, object], delay: int = 0) -> None:
    """Send maintenance jobs: each is a `message` of one of `domain.jobs`. `delay` is in seconds."""
    if jobs:
        _send(settings().maintenance_queue_url, {"jobs": list(jobs)}, delay)


def check() -> None:
    """Ask for each queue that requests send to. Raises the error of a call that fails."""
    conf = settings()
    for url in (conf.publish_queue_url, conf.export_queue_url, conf.maintenance_queue_url):
        client().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def urls() -> dict[str, str]:
    """The URLs of all queues by their names."""
    conf = settings()
    return {
        "publish": conf.publish_queue_url,
        "export": conf.export_queue_url,
        "maintenance": conf.maintenance_queue_url,
        "uploads": conf.uploads_queue_url,
        "assembly": conf.assembly_queue_url,
        "failed": conf.failed_queue_url,
    }


def length(url: str) -> Length:
    """The numbers of messages in a queue and its dead-letter queue, as SQS approximates them."""
    own, dead = _counts(url), _counts(f"{url}{_DEAD}")
    waiting, received, delayed = (own[name] for name in _COUNTS)
    return {"waiting": waiting, "received": received, "delayed": delayed, "dead": sum(dead.values())}


def _counts(url: str) -> dict[str, int]:
    found = client().get_queue_attributes(QueueUrl=url, AttributeNames=[*_COUNTS])["Attributes"]
    return {name: int(found[name]) for name in _COUNTS}


def send_again(url: str, body: str, seconds: int) -> None:
    """Send a message that cannot be processed now again, delayed by so many seconds."""
    client().send_message(QueueUrl=url, MessageBody=body, DelaySeconds=min(seconds, 900))


def keep_dead_letter(url: str, body: str) -> None:
    """Put a message into the dead-letter queue of the queue at `url`, where an operator finds it."""
    client().send_message(QueueUrl=f"{url}{_DEAD}", MessageBody=body)


def move_dead_letters(url: str, at_most: int) -> int:
    """Send the dead letters of a queue to it again; returns their number. If this is interrupted, a message may be sent
    twice.
    """
    source, count = f"{url}{_DEAD}", 0
    poll = {"QueueUrl": source, "MaxNumberOfMessages": 10, "WaitTimeSeconds": _LONG_POLL}
    while count < at_most and (messages := client().receive_message(**poll).get("Messages")):
        for message in messages:
            client().send_message(QueueUrl=url, MessageBody=message["Body"])
            client().delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        count += len(messages)
    return count


def retry_in(url: str, receipt_handle: str, seconds: int) -> None:
    """Let a failed message be received again soon. If SQS does not respond, that is after the visibility timeout."""
    try:
        client().change_message_visibility(QueueUrl=url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)
    except (BotoCoreError, ClientError):
        log.exception("a failed message will be retried late")


def _send(url: str, message: dict[str, object], delay: int = 0) -> None:
    client().send_message(QueueUrl=url, MessageBody=json.dumps(message), DelaySeconds=delay)
