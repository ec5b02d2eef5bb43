"""Moves messages of a dead-letter queue back to where they came from."""

import time
from typing import Any

from infra.deploying.account import Account
from infra.deploying.problems import DeployError

POLL = 1.0  # seconds


def redrive(account: Account, queue: str) -> int:
    """Move all messages of `<queue>-dlq` back, to be processed once more; returns their number.

    Raises DeployError if there is no such queue, or SQS stops half-way.
    """
    sqs = account.client("sqs")
    try:
        source = sqs.get_queue_url(QueueName=f"{queue}-dlq")["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        raise DeployError(f"There is no queue {queue}-dlq in {account.region}: is the stage deployed there?") from None
    found = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["QueueArn", "ApproximateNumberOfMessages"])
    if found["Attributes"]["ApproximateNumberOfMessages"] == "0":
        return 0
    arn = found["Attributes"]["QueueArn"]
    before = [task.get("StartedTimestamp") for task in _tasks(sqs, arn)]
    sqs.start_message_move_task(SourceArn=arn)
    return _moved(sqs, arn, before)


def _tasks(sqs: Any, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=10).get("Results", [])
    return found


def _moved(sqs: Any, arn: str, before: list[Any]) -> int:
    """Wait for the task just started, which SQS may not list at once; it also lists those `before` it."""
    while True:
        tasks = [task for task in _tasks(sqs, arn) if task.get("StartedTimestamp") not in before]
        if tasks and tasks[0]["Status"] not in ("RUNNING", "CANCELLING"):
            task = tasks[0]
            break
        time.sleep(POLL)
    if task["Status"] != "COMPLETED":
        reason = task.get("FailureReason", task["Status"])
        raise DeployError(f"SQS stopped moving messages ({reason}): run make redrive again for the rest.")
    return int(task.get("ApproximateNumberOfMessagesMoved", 0))
