"""A plugin of pytest that holds the functions to their rights (infra/rights.yaml) while the tests run them.

What an app's function does of AWS while it answers a request or a message is judged as IAM would: a call that its
policy does not allow is refused, and at its end the run fails and names it, should a test have passed nevertheless.
With `--rights`, which is for a run of all tests, it fails also where there are rights that nobody used.
What tests call without a function is not judged, nor what other processes do.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any, cast

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from chalice.app import Chalice, EventSourceHandler

from infra import rights
from infra.rights import Right
from tests.support.aws.botocore_internals import Call, before_signing, current_call, replace_call
from tests.support.aws.needed_rights import Need, needed, needed_to_miss

Needs = Callable[[str, str, dict[str, Any]], Iterable[Need]]


class Judge:
    """Judges calls that are made while a function runs, on whichever thread, and remembers what came of it."""

    def __init__(self, call: Call) -> None:
        self.used: set[str] = set()  # rights
        self.refused: set[str] = set()
        self._call = call
        self._running: list[tuple[str, ...]] = []  # the innermost last: tests let a function run within another

    @contextmanager
    def running(self, *functions: str) -> Iterator[None]:
        """Calls within are the function's; where several may make them, each needs the rights."""
        self._running.append(functions)
        try:
            yield
        finally:
            self._running.pop()

    def call(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        """Make a call, if the function may."""
        service = client.meta.service_model.service_name
        self.check(service, operation, arguments)
        try:
            return self._call(client, operation, arguments)
        except ClientError as error:
            if service == "s3" and error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                self.check(service, operation, arguments, needed_to_miss)
            raise

    def check(self, service: str, operation: str, arguments: dict[str, Any], needs: Needs = needed) -> None:
        """Raises the ClientError that AWS answers with where the function that runs may not do all of this."""
        for functions in self._running[-1:]:
            for function, need in product(functions, needs(service, operation, arguments)):
                right = rights.right_for(function, *need)
                if right is None:
                    self.refused.add(Right(function, *need).name)
                    raise _denied(service, operation, f"{function} may not {need[0]} on {need[1]}")
                self.used.add(right.name)


def _denied(service: str, operation: str, message: str) -> ClientError:
    code = "AccessDenied" if service in ("s3", "sqs") else "AccessDeniedException"
    status = 400 if service == "dynamodb" else 403
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


def unused(used: Iterable[str]) -> list[str]:
    """The rights that functions have and nobody needed, but for those that Lambda itself needs."""
    given = {right.name for owned in rights.rights().values() for right in owned if not right.by_lambda}
    return sorted(given - set(used))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rights", action="store_true", help="fail where functions have rights that no test needs")


def _judge_signature(client: BaseClient, operation: str, arguments: dict[str, Any]) -> None:
    """Signing a URL is no call, but whoever uses it does so with the rights of who signed it."""
    judge.check(client.meta.service_model.service_name, operation, arguments)


def _as_function(entry: Callable[..., Any], name_of: Callable[[Any], str]) -> Callable[..., Any]:
    def call(handler: Any, event: Any, context: Any) -> Any:
        name = name_of(handler)
        if not name:
            return entry(handler, event, context)
        with judge.running(name):
            return entry(handler, event, context)

    return call


# Stands before every call and every URL that is signed, and behind the doors of the application's functions. This is
# done here, not in a hook: tests/support/aws/calls.py and others keep the call that they find when they are imported.
_api, _worker = cast(tuple[Any, Any], (Chalice, EventSourceHandler))
judge = Judge(current_call())
replace_call(lambda client, operation, arguments: judge.call(client, operation, arguments))
before_signing(_judge_signature)
_api.__call__ = _as_function(_api.__call__, lambda app: "api" if app.app_name == "studio" else "")
_worker.__call__ = _as_function(
    _worker.__call__, lambda handler: handler.func.__name__ if handler.func.__module__ == "app" else ""
)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of xdist has ended: take over what it found."""
    found = getattr(node, "workeroutput", {}).get("rights", {})
    judge.used |= set(found.get("used", ()))
    judge.refused |= set(found.get("refused", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["rights"] = {"used": sorted(judge.used), "refused": sorted(judge.refused)}
    elif _complaints(session.config, session.exitstatus == 0):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    complaints = _complaints(
        config, not terminalreporter.stats.get("failed") and not terminalreporter.stats.get("error")
    )
    if complaints:
        terminalreporter.section("rights of functions")
        terminalreporter.write_line("\n".join(complaints))


def _complaints(config: pytest.Config, passed: bool) -> list[str]:
    """What to put right in the file. Tests that failed may have missed calls, so only others say what is unused."""
    found = [f"missing in infra/rights.yaml: {right}" for right in sorted(judge.refused)]
    if config.getoption("--rights") and passed:
        found += [f"in infra/rights.yaml, but no test needs it: {right}" for right in unused(judge.used)]
    return found
