"""The commands of the Makefile: listed, all of them, and with advice instead of nothing."""

import os
import re
import subprocess
import sys

from benchmarks.registry import BENCHMARKS
from tests.support.source.code import ROOT

WIDTH = 120


def help_lines() -> list[str]:
    """What a person sees, who does not call it from within make, as `make test` does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_help_lists_every_command_aligned() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    lines = help_lines()
    assert {line.split()[0] for line in lines if not line.startswith(" ")} == set(phony.split())
    assert all(line[:20].strip() == line[:20].split(" ")[0] and line[20] != " " for line in lines)
    assert max(map(len, lines)) <= WIDTH


def test_bench_lists_what_there_is_if_nothing_is_chosen() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "nosuch"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    for benchmark in BENCHMARKS:
        for name in benchmark.rows:
            assert f"  {name}\n" in done.stderr
