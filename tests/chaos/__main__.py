"""`make chaos SEED=1 STEPS=2000`: one history, and what must hold after it.

Fewer steps of the same seed are the beginning of the same history, so that a failure can be narrowed down.
TRACE=<file> writes the history: step, seconds, process, call and fault in each line. With ONLY=1 nothing ends and
nothing is checked.
"""

import io
import os
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path


def main(seed: int, steps: int) -> int:
    """Run a history; returns 1 if something does not hold after it."""
    from tests import conftest  # noqa: F401 (it sets the environment)
    from tests.chaos import checks
    from tests.chaos.run import started

    began, found = time.monotonic(), []
    with redirect_stdout(io.StringIO()), started(seed) as run:  # the application prints its metrics
        try:
            run.begin(steps)
            beginning = run.digest
            if not os.environ.get("ONLY"):
                run.end()
                found = checks.problems(run)
        finally:
            if os.environ.get("TRACE"):
                Path(os.environ["TRACE"]).write_text("\n".join(run.world.hub.history), encoding="utf-8")
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(run.world.faults.counts.items()))
    print(f"SEED={seed} STEPS={steps}: history {beginning}; {run.world.hub.steps} steps in all; faults: {faults}")
    print(f"{time.monotonic() - began:.0f} s, {len(found)} problems", *found, sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of the history
        os.environ["PYTHONHASHSEED"] = "0"
        os.environ.pop("DYNAMODB_URL", None)
        os.execv(sys.executable, [sys.executable, "-m", "tests.chaos", *sys.argv[1:]])
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
