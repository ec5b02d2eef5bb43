"""AWS in this process (moto), with the template's resources; its tables may be in DynamoDB Local."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from types import ModuleType
from typing import Any, TypeVar

from botocore.session import get_session
from moto import mock_aws

from chalicelib.aws import clients, mail, queues, storage
from chalicelib.http import large_responses
from chalicelib.models import connection, in_passing
from chalicelib.operations.index_files import disk_cache
from infra import resources
from tests.conftest import BUCKET, DYNAMODB_URL, PREFIX
from tests.support.aws import moto_internals

if DYNAMODB_URL:
    from tests.support.aws import local_tables

    tables: ModuleType = local_tables
else:
    from tests.support.aws import moto_tables, quick_moto

    tables = moto_tables
    quick_moto.patch()

moto_internals.keep_both_bodies()

Contents = dict[str, list[str]]
Stored = tuple[dict[str, Any], Any]  # copies of the tables, and of bucket and queues

T = TypeVar("T")


@dataclass
class Cloud:
    """The clients of one cloud, which is empty at first."""

    dynamodb: Any
    s3: Any
    sqs: Any
    queue_urls: dict[str, str]
    snapshots: dict[tuple[str, str], tuple[Any, Stored]] = field(default_factory=dict)

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, in DynamoDB's JSON."""
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            page = self.dynamodb.scan(TableName=PREFIX + table, **start)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def objects(self) -> list[str]:
        """The keys of all objects in the bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def waiting(self, queue: str) -> int:
        """The number of messages in a queue, including delayed ones."""
        return moto_internals.waiting(PREFIX + queue)

    def lose_messages(self, queue: str) -> None:
        """Delete the messages of a queue, including delayed ones."""
        moto_internals.empty_queue(PREFIX + queue)

    def bodies(self, *queues: str) -> list[str]:
        """The messages in queues that can be received now."""
        urls = [self.queue_urls[queue] for queue in queues]
        found = [self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0) for url in urls]
        return [message["Body"] for answer in found for message in answer.get("Messages", [])]

    def bodies_of(self, queue: str) -> list[str]:
        """All messages in a queue, including delayed ones."""
        return moto_internals.bodies(PREFIX + queue)

    def mails(self) -> list[Any]:
        """The e-mails that have been sent."""
        return moto_internals.mails()

    def unverify_senders(self) -> None:
        """Let SES accept no sender."""
        moto_internals.unverify_senders()

    def verify_sender(self, address: str) -> None:
        """Let SES accept this sender."""
        moto_internals.verify_email(address)

    def contents(self) -> Contents:
        """Everything stored, for comparison: items per table, keys of the bucket, number of messages per queue."""
        stored: Contents = tables.contents()
        stored["bucket"] = sorted(self.objects())
        stored["queues"] = [f"{name}: {self.waiting(name)}" for name in self.queue_urls]
        return stored

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Call `make`, or restore what it stored when it was last called on the same tables, and return its result.

        The bucket and the queues are restored with the tables.
        """
        before = name, md5(json.dumps(tables.contents()).encode()).hexdigest()
        if before not in self.snapshots:
            made = make()
            self.snapshots[before] = made, (tables.copied(), moto_internals.copied(BUCKET))
            return made
        made, (items, others) = self.snapshots[before]
        tables.empty()
        tables.put(items)
        moto_internals.put(BUCKET, others)
        return made

    def empty(self) -> None:
        """Empty the tables, the bucket and the queues."""
        _clear_caches()
        tables.empty()
        self.mails().clear()
        moto_internals.empty_bucket(BUCKET)
        moto_internals.empty_queues()


def _clear_caches() -> None:
    """Clear what this process has cached of a bucket: in the next one, the same keys have other contents."""
    disk_cache._cache.clear()
    large_responses._stored.clear()
    in_passing.try_again()


@contextmanager
def empty_cloud() -> Iterator[Cloud]:
    """Tables, bucket and queues, removed afterwards. The application creates new clients for them."""
    with mock_aws(config={"core": {"mock_credentials": not DYNAMODB_URL}}):
        _clear_caches()
        for cached in (connection.connection, clients.session, storage.client, queues.client, mail.client):
            cached.cache_clear()
        session = get_session()
        made: list[Any] = [session.create_client(name) for name in ("dynamodb", "s3", "sqs")]
        dynamodb, s3, sqs = made
        resources.create_tables(dynamodb, PREFIX)
        tables.empty()
        s3.create_bucket(Bucket=BUCKET)
        yield Cloud(dynamodb, s3, sqs, resources.create_queues(sqs, PREFIX))
