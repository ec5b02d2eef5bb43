"""AWS in this process: moto's, with what the template describes; its tables may be in DynamoDB Local."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar
from unittest.mock import patch

from botocore.session import get_session
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey

from chalicelib.aws import clients, mail, queues, storage
from chalicelib.http import large_responses
from chalicelib.models import base
from chalicelib.operations.index_files import disk_cache
from infra import resources
from tests.conftest import BUCKET, DYNAMODB_URL, PREFIX

if DYNAMODB_URL:
    from tests.support.aws import local_tables

    tables: ModuleType = local_tables
else:
    from tests.support.aws import moto_tables, quick_moto

    tables = moto_tables
    quick_moto.shorten()

Contents = dict[str, list[str]]

REGION = os.environ["AWS_DEFAULT_REGION"]
PARTITION = "aws"
T = TypeVar("T")


@dataclass
class Cloud:
    """The clients of one cloud, empty at first."""

    dynamodb: Any
    s3: Any
    sqs: Any
    queue_urls: dict[str, str]
    made_once: dict[str, tuple[Any, dict[str, Any]]] = field(default_factory=dict)

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, as DynamoDB writes them."""
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
        """How many messages are in a queue, those among them that may not be received yet."""
        return len(_queues()[queue]._messages)

    def mails(self) -> list[Any]:
        """The e-mails that were sent."""
        found: list[Any] = _mail().sent_messages
        return found

    def may_send_from(self, address: str) -> None:
        """Let SES take e-mails from this address."""
        _mail().verify_email_address(address)

    def contents(self) -> Contents:
        """All that is stored, to compare: items by table, keys of the bucket, and messages as a number a queue."""
        stored: Contents = tables.contents()
        stored["bucket"] = sorted(self.objects())
        stored["queues"] = [f"{name}: {self.waiting(name)}" for name in self.queue_urls]
        return stored

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns and stores in tables that are empty: done once, and put back as it was from then on."""
        if not tables.are_empty():
            return make()
        if name not in self.made_once:
            made = make()
            self.made_once[name] = made, tables.copied()
        else:
            made, stored = self.made_once[name]
            tables.put(stored)
        return made

    def empty(self) -> None:
        """Take everything out of tables, bucket and queues."""
        _forget_objects()
        tables.empty()
        self.mails().clear()
        _empty_bucket()
        for queue in _queues().values():
            queue._messages = []
            queue._pending_messages = set()


def _mail() -> Any:
    return get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION]


def _empty_bucket() -> None:
    """By moto's own books, in which also what was replaced is kept with all its bytes."""
    tracked: list[Any] = vars(FakeKey)["instances_tracked"]
    for key in tracked:
        key.dispose()
    tracked.clear()
    bucket = get_backend("s3")[DEFAULT_ACCOUNT_ID][PARTITION].buckets[BUCKET]
    bucket.keys.clear()
    bucket.multiparts.clear()


def _queues() -> dict[str, Any]:
    return _without_prefix(get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues)


def _without_prefix(named: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(PREFIX): entry for name, entry in named.items()}


def _forget_objects() -> None:
    """Forget what this process keeps of a bucket: the same keys have other contents in the next one."""
    disk_cache._cache.clear()
    large_responses._stored.clear()


@contextmanager
def later(seconds: int) -> Iterator[None]:
    """Queues see a clock that is ahead: messages with a delay can be received."""
    with patch("moto.sqs.models.unix_time_millis", lambda: (time.time() + seconds) * 1000):
        yield


@contextmanager
def empty_cloud() -> Iterator[Cloud]:
    """Tables, bucket and queues, gone afterwards; the application's clients are made anew within."""
    with mock_aws(config={"core": {"mock_credentials": not DYNAMODB_URL}}):
        _forget_objects()
        for cached in (base.connection, clients.session, storage.client, queues.client, mail.client):
            cached.cache_clear()
        session = get_session()
        made: list[Any] = [session.create_client(name) for name in ("dynamodb", "s3", "sqs")]
        dynamodb, s3, sqs = made
        resources.create_tables(dynamodb, PREFIX)
        tables.empty()
        s3.create_bucket(Bucket=BUCKET)
        yield Cloud(dynamodb, s3, sqs, resources.create_queues(sqs, PREFIX))
