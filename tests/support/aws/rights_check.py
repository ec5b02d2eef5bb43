"""A pytest plugin that enforces the permissions of the functions (infra/rights.yaml) while the tests run them.

AWS calls that a function of the app makes for a request or a message are checked as IAM would: a call that its policy
does not allow is refused. The run fails at its end and names the call, even if all tests passed.
With `--rights`, which is for a run of all tests, it also fails if functions have permissions that no test needs.
Calls that tests make outside a function are not checked, nor those of other processes.
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
from tests.support.aws.needed_rights import Need, needed, needed_if_missing

Needs = Callable[[str, str, dict[str, Any]], Iterable[Need]]


class Judge:
    """Checks calls that are made while a function runs, on any thread, and collects the results."""

    def __init__(self, call: Call) -> None:
        self.used: set[str] = set()  # rights
        self.refused: set[str] = set()
        self._call = call
        self._running: list[tuple[str, ...]] = []  # the innermost last: tests run functions within others

    @contextmanager
    def running(self, *functions: str) -> Iterator[None]:
        """Attribute calls within to these functions, each of which needs the permissions."""
        self._running.append(functions)
        try:
            yield
        finally:
            self._running.pop()

    def call(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        """Make a call if the function is allowed to."""
        service = client.meta.service_model.service_name
        self.check(service, operation, arguments)
        try:
            return self._call(client, operation, arguments)
        except ClientError as error:
            is_missing = error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
            if service == "s3" and is_missing and error.response["Error"]["Code"] != "NoSuchUpload":
                self.check(service, operation, arguments, needed_if_missing)
            raise

    def check(self, service: str, operation: str, arguments: dict[str, Any], needs: Needs = needed) -> None:
        """Raises AWS's ClientError if the running function lacks a permission for the call."""
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
    """The permissions that functions have but did not use, except those that Lambda itself needs."""
    given = {right.name for owned in rights.rights().values() for right in owned if not right.by_lambda}
    return sorted(given - set(used))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rights", action="store_true", help="fail if functions have permissions that no test needs")


def _judge_signature(client: BaseClient, operation: str, arguments: dict[str, Any]) -> None:
    """Signing a URL is not a call, but the URL is used with the permissions of its signer."""
    judge.check(client.meta.service_model.service_name, operation, arguments)


def _as_function(entry: Callable[..., Any], name_of: Callable[[Any], str]) -> Callable[..., Any]:
    def call(handler: Any, event: Any, context: Any) -> Any:
        name = name_of(handler)
        if not name:
            return entry(handler, event, context)
        with judge.running(name):
            return entry(handler, event, context)

    return call


# Checks every call and every signed URL, within the entry points of the application's functions. This is done here, not
# in a hook, because tests/support/aws/calls.py and others store the current call when they are imported.
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
    """Collect the results of an xdist process that has ended."""
    found = getattr(node, "workeroutput", {}).get("rights", {})
    judge.used |= set(found.get("used", ()))
    judge.refused |= set(found.get("refused", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["rights"] = {"used": sorted(judge.used), "refused": sorted(judge.refused)}
    elif _findings(session.config, session.exitstatus == 0):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    findings = _findings(config, not terminalreporter.stats.get("failed") and not terminalreporter.stats.get("error"))
    if findings:
        terminalreporter.section("rights of functions")
        terminalreporter.write_line("\n".join(findings))


def _findings(config: pytest.Config, passed: bool) -> list[str]:
    """What to fix in the file. After failed tests, unused permissions are not reported: calls may be missing."""
    found = [f"missing in infra/rights.yaml: {right}" for right in sorted(judge.refused)]
    if config.getoption("--rights") and passed:
        found += [f"in infra/rights.yaml, but no test needs it: {right}" for right in unused(judge.used)]
    return found
