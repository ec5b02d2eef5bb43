"""A short chaos run; `make chaos` makes longer ones, of other seeds."""

import os
import re
import subprocess
import sys

from tests.support.source.code import ROOT

SEED, STEPS, BEGINNING = "1", "300", "100"


def chaos(steps: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own: it replaces clocks and random numbers, and the order of sets is part of it."""
    command = [sys.executable, "-m", "tests.chaos", SEED, steps]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


def test_whatever_fails_everything_is_whole_afterwards() -> None:
    done = chaos(STEPS)
    assert done.returncode == 0, f"make chaos SEED={SEED} STEPS={STEPS}\n{done.stdout}{done.stderr[-5000:]}"


def test_a_seed_has_one_history() -> None:
    found = [re.search(r"history (\w+)", chaos(BEGINNING, ONLY="1").stdout) for _ in range(2)]
    assert found[0]
    assert found[1]
    assert found[0][1] == found[1][1]
