"""Watching the application's calls of AWS: counting them, and letting one of them fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

_call = BaseClient._make_api_call


class NeverSent(EndpointConnectionError):
    """The call did not reach AWS."""


class AnswerLost(ReadTimeoutError):
    """AWS did what was asked, but nobody heard of it."""


@dataclass
class Watch:
    """The calls that clients of the application made, in order, and which of them is to fail (from 0)."""

    names: list[str] = field(default_factory=list)
    failing: int | None = None
    answer_lost: bool = False
    hit: str = ""

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        number = len(self.names)
        self.names.append(operation)
        if number != self.failing:
            return _call(client, operation, arguments)
        self.hit = operation
        if self.answer_lost:
            _call(client, operation, arguments)
            raise AnswerLost(endpoint_url=operation)
        raise NeverSent(endpoint_url=operation)


@contextmanager
def watching(watch: Watch, own: tuple[BaseClient, ...] = ()) -> Iterator[Watch]:
    """Watch every client but the test's `own` ones."""

    def call(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        if any(client is mine for mine in own):
            return _call(client, operation, arguments)
        return watch(client, operation, arguments)

    BaseClient._make_api_call = call
    try:
        yield watch
    finally:
        BaseClient._make_api_call = _call


@contextmanager
def counting(studio: Any) -> Iterator[Watch]:
    """Count the application's calls."""
    cloud = studio.cloud
    with watching(Watch(), own=(cloud.dynamodb, cloud.s3, cloud.sqs)) as watch:
        yield watch
