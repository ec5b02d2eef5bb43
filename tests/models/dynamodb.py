"""Responses that DynamoDB may give, though moto never does: partial results and failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.support.aws.botocore_internals import Call, current_call
from tests.support.aws.calls import watching

real = current_call()


class Answering:
    """Gives `answers` to the first calls of one operation and passes on later ones.

    An answer is a function of (client, operation, arguments), or an exception.
    """

    def __init__(self, operation: str, *answers: Any) -> None:
        self.operation = operation
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        if operation != self.operation:
            return real(client, operation, arguments)
        self.calls.append(arguments)
        answer = self.answers.pop(0) if self.answers else real
        if isinstance(answer, Exception):
            raise answer
        return answer(client, operation, arguments)


@contextmanager
def answering(operation: str, *answers: Any) -> Iterator[Answering]:
    """Give these answers to the first calls of any client in this process."""
    given = Answering(operation, *answers)
    with watching(given):
        yield given


def leaving(result: str, left: str) -> Call:
    """Process only the first key or item of every table and return the rest, as DynamoDB does under load.

    `result` is "Responses" (reads) or "" (writes), `left` the name under which the rest is returned.
    """

    def answer(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        wanted = arguments["RequestItems"]
        done = real(client, operation, {**arguments, "RequestItems": {t: _cut(p, slice(1)) for t, p in wanted.items()}})
        rest = {t: _cut(p, slice(1, None)) for t, p in wanted.items() if _size(p) > 1}
        return {**({result: done[result]} if result else {}), left: rest}

    return answer


def _cut(part: Any, which: slice) -> Any:
    return {**part, "Keys": part["Keys"][which]} if isinstance(part, dict) else part[which]


def _size(part: Any) -> int:
    return len(part["Keys"] if isinstance(part, dict) else part)


def cancelled(*codes: str) -> ClientError:
    """The error of a cancelled transaction, with a code for each action ("None" if it would have succeeded)."""
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


def failed(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No"}}, operation)
