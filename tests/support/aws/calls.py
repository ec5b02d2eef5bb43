"""Watches the application's AWS calls: counts them, and lets one of them fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.support.aws.botocore_internals import Call, current_call, replace_call

W = TypeVar("W", bound=Call)

_call = current_call()


class NeverSent(EndpointConnectionError):
    """The call did not reach AWS."""


class AnswerLost(ReadTimeoutError):
    """AWS performed the call, but its response was lost."""


@dataclass
class Watch:
    """The calls of the application's clients, in order, and which of them shall fail (from 0)."""

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
def watching(watch: W, own: tuple[BaseClient, ...] = ()) -> Iterator[W]:
    """Watch all clients except the test's `own`."""

    def call(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        if any(client is mine for mine in own):
            return _call(client, operation, arguments)
        return watch(client, operation, arguments)

    replace_call(call)
    try:
        yield watch
    finally:
        replace_call(_call)


@contextmanager
def counting(studio: Any) -> Iterator[Watch]:
    """Count the application's calls."""
    cloud = studio.cloud
    with watching(Watch(), own=(cloud.dynamodb, cloud.s3, cloud.sqs)) as watch:
        yield watch


WRITES = ("Put", "Update", "Delete", "Transact", "BatchWrite", "Send", "Copy")
MAX_KEY = 2048  # bytes of a hash key (AWS)
MAX_TRANSACTION_BYTES = 4 * 1024**2  # of the items that a transaction puts (AWS)


@dataclass
class Strict(Watch):
    """Refuses what DynamoDB refuses but moto accepts: empty or too long keys, and too large transactions."""

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        put = [action["Put"]["Item"] for action in arguments.get("TransactItems", ()) if "Put" in action]
        is_large = sum(len(text.encode()) for text in _texts(put)) > MAX_TRANSACTION_BYTES
        if is_large or any(not 0 < len(text.encode()) <= MAX_KEY for text in _key_texts(arguments)):
            error = {"Code": "ValidationException", "Message": "One or more parameter values were invalid"}
            answer: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(answer, operation)
        return super().__call__(client, operation, arguments)

    @property
    def writes(self) -> list[str]:
        """The calls that may have changed something."""
        return [name for name in self.names if name.startswith(WRITES)]


def _key_texts(arguments: Any) -> Iterator[str]:
    if isinstance(arguments, list):
        for part in arguments:
            yield from _key_texts(part)
    elif isinstance(arguments, dict):
        for name, part in arguments.items():
            if name in ("Key", "Keys"):
                yield from _texts(part)
            elif isinstance(part, dict | list):
                yield from _key_texts(part)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["S"]] if set(part) == {"S"} else [text for value in part.values() for text in _texts(value)]
    elif isinstance(part, list):
        yield from [text for value in part for text in _texts(value)]


@contextmanager
def strictly(studio: Any) -> Iterator[Strict]:
    """Check the application's calls as strictly as DynamoDB."""
    cloud = studio.cloud
    with watching(Strict(), own=(cloud.dynamodb, cloud.s3, cloud.sqs)) as watch:
        yield watch
