"""Reads and empties moto's state without calls, which would take longer than most tests.

All uses of moto's internals by the tests are here and in `quick_moto.py`, which makes moto's calls faster. moto has
`mock_aws`, which starts with empty services, so that every test would create all tables, queues and buckets again, and
`/moto-api/reset`, which deletes the tables too; to be reported at https://github.com/getmoto/moto/issues as "empty the
services, but keep their resources".

`tests/test_library_internals.py` fails when an update changes any of this.
"""

import json
import os
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
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
    """The number of messages in a queue, including delayed ones."""
    return len(_queues()[queue]._messages)


def bodies(queue: str) -> list[str]:
    """The messages in a queue, including delayed ones."""
    return [message.body for message in _backend("sqs").queues[queue]._messages]


def empty_queues() -> None:
    """Delete all messages."""
    for name in _queues():
        empty_queue(name)


def empty_queue(name: str) -> None:
    """Delete the messages of a queue. A purge is refused within a minute after another one."""
    queue = _queues()[name]
    queue._messages = []
    queue._pending_messages = set()


@contextmanager
def later(seconds: int) -> Iterator[None]:
    """Set the queues' clock forward, so that delayed messages can be received."""
    with patch("moto.sqs.models.unix_time_millis", lambda: (time.time() + seconds) * 1000):
        yield


@contextmanager
def written_at(clock: Callable[[], datetime]) -> Iterator[None]:
    """Let S3 take the times of writing from a clock."""
    with patch("moto.s3.models.utcnow", clock):
        yield


def empty_bucket(name: str) -> None:
    """Delete all objects, including those that were replaced and that moto still tracks."""
    tracked: list[Any] = vars(FakeKey)["instances_tracked"]
    for key in tracked:
        key.dispose()
    tracked.clear()
    bucket = _bucket(name)
    bucket.keys.clear()
    bucket.multiparts.clear()


def copied(bucket: str) -> bytes:
    """A copy of all objects and messages, for `put`."""
    return pickle.dumps((_bucket(bucket).keys, {name: queue._messages for name, queue in _queues().items()}))


def put(bucket: str, copy: bytes) -> None:
    """Restore all objects and messages from a copy."""
    empty_bucket(bucket)
    empty_queues()
    _bucket(bucket).keys, messages = pickle.loads(copy)
    for name, queue in _queues().items():
        queue._messages = messages[name]


def _queues() -> Any:
    return _backend("sqs").queues


def _bucket(name: str) -> Any:
    return _backend("s3", PARTITION).buckets[name]


def mails() -> list[Any]:
    """The e-mails that have been sent."""
    found: list[Any] = _backend("ses").sent_messages
    return found


def keep_both_bodies() -> None:
    """Of a mail with two bodies, moto stores the HTML alone: let it store the text as `body`, the HTML as `html`."""
    from moto.sesv2.responses import SESV2Response

    original = SESV2Response.send_email

    def send_email(self: Any) -> str:
        sent = json.loads(self.body)
        html = sent["Content"]["Simple"]["Body"].pop("Html")["Data"]
        self.body = json.dumps(sent)
        answer: str = original(self)
        mails()[-1].html = html
        return answer

    SESV2Response.send_email = send_email  # type: ignore[method-assign]


def verify_email(address: str) -> None:
    """Let SES accept this sender."""
    _backend("ses").verify_email_address(address)


def unverify_senders() -> None:
    """Let SES accept no sender."""
    _backend("ses").email_identities.clear()


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Let moto copy no tables per transaction. Rejected transactions are not rolled back then.

    For tests with many changes in which no transaction is rejected.
    """
    with patch("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=lambda tables: tables)):
        yield


def _backend(service: str, region: str = REGION) -> Any:
    backends: Any = get_backend
    return backends(service)[DEFAULT_ACCOUNT_ID][region]
