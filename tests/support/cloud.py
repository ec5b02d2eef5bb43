"""AWS in this process: moto's, with what the template describes."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar
from unittest.mock import patch

from botocore.session import get_session
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from chalicelib import large_answers, mail, queues, storage
from chalicelib.models import base
from chalicelib.operations import local_files
from infra import resources
from tests.conftest import BUCKET, PREFIX

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

    # From here on by moto's own books: a call for every item would take longer than most tests.

    def contents(self) -> Contents:
        """All that is stored, to compare: items by table, keys of the bucket, and messages as a number a queue."""
        stored = {
            name: sorted(json.dumps(item.to_json(), sort_keys=True) for item in table.all_items())
            for name, table in _tables().items()
        }
        stored["bucket"] = sorted(self.objects())
        stored["queues"] = [f"{name}: {self.waiting(name)}" for name in self.queue_urls]
        return stored

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns and stores in tables that are empty: done once, and put back as it was from then on."""
        tables = _tables()
        if any(table.items for table in tables.values()):
            return make()
        if name not in self.made_once:
            made = make()
            self.made_once[name] = made, {name: deepcopy(table.items) for name, table in tables.items() if table.items}
        else:
            made, stored = self.made_once[name]
            for table, items in stored.items():
                tables[table].items.update(deepcopy(items))
        return made

    def empty(self) -> None:
        """Take everything out of tables, bucket and queues."""
        _forget_objects()
        for table in _tables().values():
            table.items.clear()
        self.mails().clear()
        if _holds_objects():
            keys = [{"Key": name} for name in self.objects()]
            self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
        for queue in _queues().values():
            queue._messages = []
            queue._pending_messages = set()


def _tables() -> dict[str, Any]:
    return _without_prefix(get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables)


def _mail() -> Any:
    return get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION]


def _holds_objects() -> bool:
    return bool(get_backend("s3")[DEFAULT_ACCOUNT_ID][PARTITION].buckets[BUCKET].keys)


def _queues() -> dict[str, Any]:
    return _without_prefix(get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues)


def _without_prefix(named: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(PREFIX): entry for name, entry in named.items()}


@cache
def table_keys() -> dict[str, list[str]]:
    """The attributes of every table's key."""
    return {
        definition["TableName"].removeprefix(PREFIX): [part["AttributeName"] for part in definition["KeySchema"]]
        for definition in resources.tables(PREFIX)
    }


def _forget_objects() -> None:
    """Forget what this process keeps of a bucket: the same keys have other contents in the next one."""
    local_files._kept.clear()
    large_answers._placed.clear()


@contextmanager
def later(seconds: int) -> Iterator[None]:
    """Queues see a clock that is ahead: messages with a delay can be received."""
    with patch("moto.sqs.models.unix_time_millis", lambda: (time.time() + seconds) * 1000):
        yield


@contextmanager
def empty_cloud() -> Iterator[Cloud]:
    """Tables, bucket and queues, gone afterwards; the application's clients are made anew within."""
    with mock_aws():
        _forget_objects()
        for cached in (base.connection, storage.client, queues.client, mail.client):
            cached.cache_clear()
        session = get_session()
        dynamodb, s3, sqs = (session.create_client(name) for name in ("dynamodb", "s3", "sqs"))
        resources.create_tables(dynamodb, PREFIX)
        s3.create_bucket(Bucket=BUCKET)
        yield Cloud(dynamodb, s3, sqs, resources.create_queues(sqs, PREFIX))
