"""Message move tasks of SQS, by which a dead-letter queue's messages go back; ministack has none.

As in AWS, what is moved is a new message in the queue it came from; here all are moved before the call returns.
"""

import time
import uuid
from typing import Any

from ministack.services import sqs

_done: dict[str, list[dict[str, Any]]] = {}  # by the dead-letter queue's ARN, newest first


def install() -> None:
    """Let ministack answer StartMessageMoveTask and ListMessageMoveTasks."""
    sqs._HANDLERS |= {"StartMessageMoveTask": start, "ListMessageMoveTasks": listed}


def start(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Move all visible messages to `DestinationArn`, or to where each came from."""
    source = data["SourceArn"]
    with sqs._queues_lock:
        queue = sqs._queue_by_arn(source)
        if queue is None:
            raise sqs._Err("ResourceNotFoundException", "The source queue does not exist.", 404)
        messages = [message for message in queue["messages"] if message["visible_at"] <= time.time()]
        queue["messages"] = [message for message in queue["messages"] if message not in messages]
    for message in messages:
        _send(message, data.get("DestinationArn") or message["sys"]["DeadLetterQueueSourceArn"])
    handle = str(uuid.uuid4())
    task = {"Status": "COMPLETED", "SourceArn": source, "ApproximateNumberOfMessagesMoved": len(messages)}
    task |= {"ApproximateNumberOfMessagesToMove": len(messages), "StartedTimestamp": int(time.time() * 1000)}
    _done.setdefault(source, []).insert(0, task)
    return {"TaskHandle": handle}


def listed(data: dict[str, Any], _: str) -> dict[str, Any]:
    """The newest tasks of a dead-letter queue."""
    return {"Results": _done.get(data["SourceArn"], [])[: data.get("MaxResults", 1)]}


def _send(message: dict[str, Any], arn: str) -> None:
    queue = sqs._queue_by_arn(arn)
    sqs._act_send_message({"QueueUrl": queue["url"], "MessageBody": message["body"]}, "")
