"""How clients of AWS are made: by boto3, at their first use (docs/decisions/0023-boto3.md).

DynamoDB has the client of PynamoDB (`models/base.py`).
"""

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config

_making = Lock()  # a session of boto3 must not be used by several threads at once; its clients may be


@cache
def session() -> Any:
    """The session of this process: what its clients have in common is read once."""
    import boto3  # here, since a process that answers from DynamoDB alone needs none of it

    return boto3.Session()


def make(service: str, config: Config | None = None) -> Any:
    """A new client of a service. Keep it: it costs tens of milliseconds."""
    with _making:
        return session().client(service, config=config)
