"""`make bench-scale`: what a channel takes as it grows, stage by stage: time, memory, calls to AWS, units and cost.

`ARGS="1000 10000"` names the sizes (nodes), each of which has a stack of its own, and `--clients 4` says how many
clients upload at once. Results are added to `benchmarks/scale.json`, so that sizes can run separately; what ended one
is kept there, too. `docs/scale.md` and its plots are made from all of them; `ARGS=--report` only makes those again.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks import channels, costs, scale_report, scale_tree
from benchmarks.costs import Count
from chalicelib import __version__
from infra.local.stack import Stack, start

SIZES = (1000, 10_000, 100_000)
RESULTS = Path(__file__).with_name("scale.json")
PAUSE = 0.2  # seconds between two looks at a task
QUIET = 3.0  # seconds without a message of the queues, after which a stage is over


@dataclass(frozen=True)
class Run:
    """A stack with the channel of one size."""

    stack: Stack
    calls: Path  # the folder of counted calls
    client: httpx.Client
    channel_id: str
    count: int
    clients: int


def main(argv: Sequence[str] | None = None) -> int:
    """0 if all sizes were measured to the end, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="make bench-scale")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of nodes")
    parser.add_argument("--clients", type=int, default=1, help="clients that upload at once")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to add to")
    parser.add_argument("--docs", type=Path, default=scale_report.DOCS, help="the folder of the page and its plots")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    given = parser.parse_args(argv)
    for count in () if given.report else given.sizes:
        measure(count, given.clients, given.results)
    results = load(given.results)
    print(scale_report.table(results))
    scale_report.write(results, given.docs)
    return int(any("ended" in result for result in results.values()))


def load(path: Path) -> dict[str, Any]:
    """The results so far, by size."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return dict(sorted(found.items(), key=lambda entry: int(entry[0])))


def measure(count: int, clients: int, results: Path) -> None:
    """Measure a size on a new stack, and add its result to the file."""
    result: dict[str, Any] = {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "version": __version__,
        "clients": clients,
        "processors": os.cpu_count(),
        "stages": {},
    }
    with tempfile.TemporaryDirectory(prefix="studio-scale-") as folder:
        calls = Path(folder) / "calls"
        calls.mkdir()
        os.environ["COUNT_CALLS"] = str(calls)
        try:
            with start(0, Path(folder) / "data") as stack, channels.connect(stack.url, str(stack.token)) as client:
                channel_id = uuid.uuid5(scale_tree.DOMAIN, f"channel {count}").hex
                _measure(Run(stack, calls, client, channel_id, count, clients), result)
        except (httpx.HTTPError, ValueError, TimeoutError, KeyError) as error:  # what ended it is a result
            result["ended"] = f"{type(error).__name__}: {error}"[:500]
            print(f"{count:,} nodes ended: {result['ended']}", file=sys.stderr)
    results.write_text(json.dumps({**load(results), str(count): result}, indent=1) + "\n")


def _measure(run: Run, result: dict[str, Any]) -> None:
    for name, stage in STAGES.items():
        print(f"{run.count:,} nodes: {name}", file=sys.stderr, flush=True)
        result["stages"][name] = _stage(run, stage)


def _stage(run: Run, stage: Callable[[Run], object]) -> dict[str, Any]:
    """The figures of a stage, including what it leaves to the queues."""
    before, started = costs.counted(run.calls, run.stack.data_dir), time.perf_counter()
    _forget_peaks(run.stack)
    idle = _memory(run.stack, "VmRSS")
    stage(run)
    seconds = time.perf_counter() - started
    after = _settled(run)
    count, peak = after.minus(before), _memory(run.stack, "VmHWM")
    dollars = costs.price(count)
    return {
        "seconds": round(seconds, 2),
        "function_seconds": {name: round(value, 2) for name, value in sorted(count.seconds.items()) if value},
        "memory": {name: {"idle": round(idle[name]), "peak": round(peak[name])} for name in peak},
        "calls": dict(sorted(_by_service(count).items())),
        "read_units": round(count.read, 1),
        "write_units": round(count.write, 1),
        "dollars": round(sum(dollars.values()), 6),
    }


def _by_service(count: Count) -> dict[str, int]:
    services: dict[str, int] = {}
    for (service, _), number in count.calls.items():
        services[service] = services.get(service, 0) + number
    return services


def _settled(run: Run) -> Count:
    """What was counted when the queues have had nothing to do for a while."""
    found = costs.counted(run.calls, run.stack.data_dir)
    while True:
        time.sleep(QUIET)
        again = costs.counted(run.calls, run.stack.data_dir)
        if again.invoked == found.invoked:
            return again
        found = again


def _forget_peaks(stack: Stack) -> None:
    """Let the kernel count the peak memory of each process from now on."""
    for child in stack.children:
        Path(f"/proc/{child.pid}/clear_refs").write_text("5")


def _memory(stack: Stack, field: str) -> dict[str, float]:
    """The memory in MB of each process of a stack; of several with a name, the largest."""
    found: dict[str, float] = {}
    for child in stack.children:
        lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
        value = next(float(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1000
        found[child.name] = max(found.get(child.name, 0.0), value)
    return found


def _upload(run: Run) -> None:
    scale_tree.upload(run.client, run.channel_id, run.count, run.clients)


def _publish(run: Run) -> None:
    task_id = channels.post(run.client, "publish_channel", channel_id=run.channel_id)["task_id"]
    task = {"status": "PENDING"}
    while task["status"] not in ("SUCCESS", "FAILURE"):
        time.sleep(PAUSE)
        task = run.client.get(f"/api/task/{task_id}").raise_for_status().json()
    if task["status"] == "FAILURE":
        raise ValueError(f"The channel was not published: {task['detail']}")


def _import(run: Run) -> None:
    """Read the published database, as Kolibri does, and compare it with what was sent."""
    address = f"/content/databases/{run.channel_id}.sqlite3"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        with path.open("wb") as file, run.client.stream("GET", address) as answer:
            file.writelines(answer.raise_for_status().iter_bytes())
        scale_tree.check(path, run.count)


def _edit(run: Run) -> None:
    """Change the title of one topic, and publish."""
    root = run.client.get(f"/api/channel/{run.channel_id}").raise_for_status().json()["root_id"]
    page = run.client.get("/api/contentnode", params={"parent": root, "max_results": 1}).raise_for_status().json()
    node = (page["results"] if isinstance(page, dict) else page)[0]
    answer = run.client.patch(f"/api/contentnode/{node['id']}", json={"title": f"{node['title']}, edited"})
    answer.raise_for_status()
    _publish(run)


STAGES: dict[str, Callable[[Run], object]] = {
    "upload": _upload,
    "publish": _publish,
    "read the database": _import,
    "publish again, nothing changed": _publish,
    "publish again, one node edited": _edit,
}


if __name__ == "__main__":
    sys.exit(main())
