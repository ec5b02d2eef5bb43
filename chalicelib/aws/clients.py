"""Creates AWS clients: by boto3, at their first use (docs/decisions/0023-boto3.md).

DynamoDB's client is PynamoDB's (`models/base.py`).
"""

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config

_creating = Lock()  # boto3 sessions are not thread-safe; their clients are


@cache
def session() -> Any:
    """The session of this process: its clients share what it loads."""
    import boto3  # here, since a process that uses only DynamoDB does not need it

    return boto3.Session()


def make(service: str, config: Config | None = None) -> Any:
    """A new client of a service. Reuse it: creating one takes tens of milliseconds."""
    with _creating:
        return session().client(service, config=config)
