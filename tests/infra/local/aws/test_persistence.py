"""Persistence of ministack: over restarts, over a stop in the middle of work, over the loss of its process."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra import resources
from infra.local.aws import emulator

USER = {"id": {"S": "one"}, "email": {"S": "one@example.org"}}
OBJECT = {"Key": "content/storage/a/b/ab.txt", "ContentType": "text/plain"}


class Cloud:
    """A ministack with the template's resources, and the data of a test."""

    def __init__(self, endpoint: str) -> None:
        self.queues = emulator.prepare(endpoint)
        self.bucket = resources.bucket_name(emulator.PREFIX)
        self.dynamodb, self.s3, self.sqs = (emulator.client(name, endpoint) for name in ("dynamodb", "s3", "sqs"))

    def fill(self) -> None:
        self.dynamodb.put_item(TableName=f"{emulator.PREFIX}users", Item=USER)
        self.s3.put_object(Bucket=self.bucket, Body=b"bytes", **OBJECT)
        self.sqs.send_message(QueueUrl=self.queues["publish"], MessageBody="work")

    def assert_filled(self) -> None:
        assert self.user == USER
        found = self.s3.get_object(Bucket=self.bucket, Key=OBJECT["Key"])
        assert found["Body"].read() == b"bytes"
        assert found["ContentType"] == OBJECT["ContentType"]
        assert [message["Body"] for message in self.receive()] == ["work"]

    @property
    def user(self) -> Any:
        return self.dynamodb.get_item(TableName=f"{emulator.PREFIX}users", Key={"id": USER["id"]}).get("Item")

    def receive(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self.queues["publish"], WaitTimeSeconds=1)
        return list(answer.get("Messages", []))


@contextmanager
def cloud(data_dir: Path) -> Iterator[Cloud]:
    with emulator.serve(data_dir) as (endpoint, _):
        yield Cloud(endpoint)


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with cloud(tmp_path) as first:
        first.fill()
    with cloud(tmp_path) as second:
        second.assert_filled()


def test_messages_in_progress_at_the_stop_are_delivered_again(tmp_path: Path) -> None:
    with cloud(tmp_path) as first:
        first.fill()
        assert first.receive()
        assert not first.receive()
    with cloud(tmp_path) as second:
        (message,) = second.receive()
        second.sqs.delete_message(QueueUrl=second.queues["publish"], ReceiptHandle=message["ReceiptHandle"])
    with cloud(tmp_path) as third:
        assert not third.receive()


def test_changes_are_on_disk_soon_after(tmp_path: Path) -> None:
    with emulator.serve(tmp_path) as (endpoint, process):
        first = Cloud(endpoint)
        first.fill()
        state = tmp_path / "aws" / "state" / "dynamodb.json"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (state.exists() and "one@example.org" in state.read_text()):
            time.sleep(0.1)
        time.sleep(0.5)  # the queues are written after the tables
        os.kill(process.pid, signal.SIGKILL)
    with cloud(tmp_path) as second:
        second.assert_filled()
