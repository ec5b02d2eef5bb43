"""Moves messages of a dead-letter queue back to where they came from."""

from infra.deploying.account import Account
from infra.deploying.problems import DeployError

LONG_POLL = 2  # seconds; a long poll, which asks all servers of SQS


def redrive(account: Account, queue: str) -> int:
    """Move all messages of `<queue>-dlq` back, to be processed once more; returns their number.

    The function `failed` put them there by sending them, so that SQS does not know where they came from and cannot move
    them itself. If this is interrupted, a message may be processed twice, which is safe. Raises DeployError if there is
    no such queue.
    """
    sqs = account.client("sqs")
    try:
        source, target = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (f"{queue}-dlq", queue))
    except sqs.exceptions.QueueDoesNotExist:
        raise DeployError(f"There is no queue {queue}-dlq in {account.region}: is the stage deployed there?") from None
    count = 0
    poll = {"QueueUrl": source, "MaxNumberOfMessages": 10, "WaitTimeSeconds": LONG_POLL}
    while messages := sqs.receive_message(**poll).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        count += len(messages)
    return count
