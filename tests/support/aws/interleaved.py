"""Two concurrent requests, without threads: the second runs completely just before an AWS call of the first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from tests.support.aws.calls import Watch, watching


@dataclass
class Interrupted(Watch):
    """Runs something else before the first call of an operation."""

    operation: str = "TransactWriteItems"
    meanwhile: Callable[[], object] = lambda: None
    happened: bool = False

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        if operation == self.operation and not self.happened:
            self.happened = True
            self.meanwhile()
        return super().__call__(client, operation, arguments)


@contextmanager
def interrupted(studio: Any, meanwhile: Callable[[], object], operation: str = "TransactWriteItems") -> Iterator[None]:
    """Run `meanwhile` just before the application makes its next call of an operation."""
    cloud = studio.cloud
    watch = Interrupted(operation=operation, meanwhile=meanwhile)
    with watching(watch, own=(cloud.dynamodb, cloud.s3, cloud.sqs)):
        yield
    assert watch.happened, f"{operation} was not called"
