"""A pytest plugin: a time limit per test, so that one that hangs is named instead of stopping the run.

The limits are for machines four times slower than a laptop. `--timeout` on the command line overrides all of them.
"""

from pathlib import Path
from typing import Final

import pytest

TESTS = Path(__file__).parents[1]
SUBPROCESSES: Final = {TESTS / "e2e", TESTS / "deployed", TESTS / "chaos"}  # the first also start the stack and Kolibri
MAX_SECONDS: Final = 300  # as in pyproject.toml
MAX_SECONDS_GENERATED: Final = 1200  # Hypothesis minimizes a failing example for up to 300 s
MAX_SECONDS_SUBPROCESSES: Final = 1800


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        seconds, method = limit(item)
        is_default = seconds == MAX_SECONDS or config.getoption("timeout") is not None
        item.add_marker(pytest.mark.timeout(None if is_default else seconds, method=method))


def limit(item: pytest.Item) -> tuple[int, str]:
    """Return the seconds that a test may take, and how it is ended.

    `signal` fails the test, and the run continues. Hypothesis would take that failure for one of its example, and
    repeat the example without a limit: `thread` ends the process instead, which pytest-xdist reports with the test's
    name.
    """
    if SUBPROCESSES & set(item.path.parents):
        return MAX_SECONDS_SUBPROCESSES, "signal"
    if is_generated(getattr(item, "obj", None)):
        return MAX_SECONDS_GENERATED, "thread"
    return MAX_SECONDS, "signal"


def is_generated(test: object) -> bool:
    """Whether Hypothesis runs a test, also as a state machine."""
    return bool(getattr(test, "is_hypothesis_test", False))
