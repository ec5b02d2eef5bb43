"""`make bench`: runs benchmarks on a separate local stack, prints a table, and writes `bench.json`.

Arguments select benchmarks by words in the names of their rows; without any, all run.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.registry import BENCHMARKS, NOWHERE, Benchmark, Server
from benchmarks.report import Row, save, table
from examples.clients import ClientError
from infra.local.checks import StackError
from infra.local.stack import start
from infra.packaging.dependencies import PackageError

OUT = Path("bench.json")


def main() -> int:
    """0 if every target is met, 1 otherwise, 2 if no benchmark is chosen."""
    chosen = [benchmark for benchmark in BENCHMARKS if _is_chosen(benchmark, sys.argv[1:])]
    if not chosen:
        print(f"No benchmark has a row with {' or '.join(sys.argv[1:])}. There are:", file=sys.stderr)
        print(*(f"  {name}" for benchmark in BENCHMARKS for name in benchmark.rows), sep="\n", file=sys.stderr)
        return 2
    try:
        rows = measure(chosen)
    except (StackError, ClientError, PackageError) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rows))
    save(rows, OUT)
    return int(any(row.verdict == "MISS" for row in rows))


def _is_chosen(benchmark: Benchmark, words: list[str]) -> bool:
    return not words or any(word in name for word in words for name in benchmark.rows)


def measure(benchmarks: list[Benchmark]) -> list[Row]:
    """Run each benchmark once: first those without a stack, then the others on one stack."""
    rows = [row for benchmark in benchmarks if benchmark.alone for row in _rows(benchmark, NOWHERE)]
    others = [benchmark for benchmark in benchmarks if not benchmark.alone]
    return rows + _on_a_stack(others) if others else rows


def _on_a_stack(benchmarks: list[Benchmark]) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder, start(0, Path(folder) / "data") as stack:
        if stack.token is None:
            raise StackError("The stack has no user to measure with.")
        server = Server(stack.url, stack.token, Path(folder))
        return [row for benchmark in benchmarks for row in _rows(benchmark, server)]


def _rows(benchmark: Benchmark, server: Server) -> list[Row]:
    print(f"measuring {', '.join(benchmark.rows)}", file=sys.stderr, flush=True)
    figures = benchmark.run(server)
    return [Row(name, figures[name], wanted) for name, wanted in benchmark.rows.items()]


if __name__ == "__main__":
    sys.exit(main())
