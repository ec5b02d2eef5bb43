"""What moto keeps of AWS, looked up and emptied without calls: those would take longer than most tests.

With `quick_moto.py`, which shortens what moto does for a call, every reach of the tests into moto's internals. moto has
`mock_aws` to begin with empty services, which makes all tables, queues and buckets again for every test, and
`/moto-api/reset`, which forgets the tables too; to be reported at https://github.com/getmoto/moto/issues as "empty the
services, but keep what was created".

`tests/test_library_internals.py` fails where an update changes any of this.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey

REGION = os.environ["AWS_DEFAULT_REGION"]
PARTITION = "aws"


def tables() -> dict[str, Any]:
    """moto's tables by name; each has `items` and `all_items()`."""
    found: dict[str, Any] = _backend("dynamodb").tables
    return found


def waiting(queue: str) -> int:
    """How many messages are in a queue, those among them that may not be received yet."""
    return len(_backend("sqs").queues[queue]._messages)


def empty_queues() -> None:
    """Forget all messages."""
    for queue in _backend("sqs").queues.values():
        queue._messages = []
        queue._pending_messages = set()


@contextmanager
def later(seconds: int) -> Iterator[None]:
    """Queues see a clock that is ahead: messages with a delay can be received."""
    with patch("moto.sqs.models.unix_time_millis", lambda: (time.time() + seconds) * 1000):
        yield


def empty_bucket(name: str) -> None:
    """Delete all objects, and what moto keeps of those that were replaced."""
    tracked: list[Any] = vars(FakeKey)["instances_tracked"]
    for key in tracked:
        key.dispose()
    tracked.clear()
    bucket = _backend("s3", PARTITION).buckets[name]
    bucket.keys.clear()
    bucket.multiparts.clear()


def mails() -> list[Any]:
    """The e-mails that were sent."""
    found: list[Any] = _backend("ses").sent_messages
    return found


def verify_email(address: str) -> None:
    """Let SES take e-mails from this address."""
    _backend("ses").verify_email_address(address)


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Let moto keep no copy of all tables for each transaction: those that it refuses are not taken back then.

    For tests of many changes in which no transaction is refused.
    """
    with patch("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=lambda tables: tables)):
        yield


def _backend(service: str, region: str = REGION) -> Any:
    backends: Any = get_backend
    return backends(service)[DEFAULT_ACCOUNT_ID][region]
