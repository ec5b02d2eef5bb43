"""A plugin of pytest that shows, with a failed test, what went wrong inside the application.

A fault is answered with 500 or 503 and logged, and tests print no logs. So the last faults of a test are remembered,
and their tracebacks are added to its report if it fails.
"""

import sys
import traceback
from collections import deque
from collections.abc import Generator
from typing import Any

import pytest

from chalicelib.telemetry import log

MAX_FAULTS = 3

_faults: deque[BaseException] = deque(maxlen=MAX_FAULTS)
_log_exception = log.exception


def _exception(*arguments: Any, **options: Any) -> None:
    error = sys.exc_info()[1]
    if error is not None:
        _faults.append(error)
    _log_exception(*arguments, **options)


log.exception = _exception  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        texts = ["".join(traceback.format_exception(error)) for error in _faults]
        report.sections += [(f"fault {number} in the application", text) for number, text in enumerate(texts, 1)]
    _faults.clear()
    return report
