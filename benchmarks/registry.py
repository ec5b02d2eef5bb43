"""The benchmarks, as data. A new one is a function and a line in `BENCHMARKS`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import files, thousand

Seconds = list[float]


@dataclass(frozen=True)
class Server:
    """Where to measure: a running stack, a token for it, and a folder for the clients' files."""

    url: str
    token: str
    work: Path


@dataclass(frozen=True)
class Benchmark:
    """`run` gives the seconds of each of its rows, one figure a repetition; `targets` are seconds, None without one."""

    targets: dict[str, float | None]
    run: Callable[[Server], dict[str, Seconds]]


BENCHMARKS = (
    Benchmark(
        {thousand.UPLOAD: None, thousand.ADD_NODES: 4.0, thousand.PUBLISH: 1.0},
        lambda server: thousand.measure(server.url, server.token, server.work),
    ),
    Benchmark({files.FILE_DIFF: 1.0}, lambda server: files.measure(server.url, server.token, server.work)),
)
