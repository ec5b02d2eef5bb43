"""A test that hangs is named, and the run continues."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.support import time_limits

ROOT = Path(__file__).parents[1]
HANGING = """
import threading
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

def hang():
    threading.Event().wait()

def test_plain():
    hang()

@given(st.integers())
def test_generated(number):
    hang()

class Machine(RuleBasedStateMachine):
    @rule()
    def step(self):
        hang()

TestMachine = Machine.TestCase

def test_fine():
    pass
"""


def test_that_hangs_is_named(tmp_path):
    """With plain functions, with Hypothesis, which repeats failures, and with state machines."""
    path = tmp_path / "test_hanging.py"
    path.write_text(HANGING)
    options = ("-p", "tests.support.time_limits", "--timeout", "1", "-n", "1", "-c", "/dev/null", "--rootdir", tmp_path)
    command = (sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *options, path)
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    outcomes = set(re.findall(r"^(FAILED|PASSED) \S*test_hanging\.py::(\S+)", run.stdout, re.MULTILINE))
    assert outcomes == {
        ("FAILED", "test_plain"),
        ("FAILED", "test_generated"),
        ("FAILED", "TestMachine::runTest"),
        ("PASSED", "test_fine"),
    }, run.stdout + run.stderr


def test_every_test_has_a_limit(request):
    """Also where another plugin or file replaces the configuration."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["pytest"]["ini_options"]["timeout"] == time_limits.MAX_SECONDS
    assert [item.nodeid for item in request.session.items if not item.get_closest_marker("timeout")] == []


def test_generated_ones_end_their_process():
    """Hypothesis would catch the failure that a signal raises."""

    @given(st.none())
    def generated(nothing):
        assert nothing is None

    assert time_limits.is_generated(generated)
    assert time_limits.is_generated(RuleBasedStateMachine.TestCase.runTest)
    assert not time_limits.is_generated(test_every_test_has_a_limit)


@pytest.mark.parametrize("folder", ["e2e", "deployed"])
def test_those_that_start_processes_have_more_time(request, folder):
    class Item:
        path = ROOT / "tests" / folder / "kolibri" / "test_a.py"
        obj = None

    assert time_limits.limit(Item()) == (time_limits.MAX_SECONDS_SUBPROCESSES, "signal")  # type: ignore[arg-type]
