"""`make bench`: runs every benchmark on a local stack of its own, prints a table, writes `bench.json`."""

import sys
import tempfile
from pathlib import Path

from benchmarks.registry import BENCHMARKS, Server
from benchmarks.report import Row, save, table
from examples.clients import ClientError
from infra.local.checks import StackError
from infra.local.stack import start

OUT = Path("bench.json")


def main() -> int:
    """0 when every target is met, 1 otherwise."""
    try:
        rows = measure()
    except (StackError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rows))
    save(rows, OUT)
    return int(any(row.verdict == "MISS" for row in rows))


def measure() -> list[Row]:
    """The rows of all benchmarks, each run once on the same stack."""
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder, start(0, Path(folder) / "data") as stack:
        if stack.token is None:
            raise StackError("The stack has no user to measure with.")
        server = Server(stack.url, stack.token, Path(folder))
        rows = []
        for benchmark in BENCHMARKS:
            seconds = benchmark.run(server)
            rows += [Row(name, seconds[name], target) for name, target in benchmark.targets.items()]
        return rows


if __name__ == "__main__":
    sys.exit(main())
