"""The benchmarks as data. A new one is a function and a line in `BENCHMARKS`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import editing, files, long_list, package, public, search, thousand, together
from benchmarks.report import Wanted, seconds

Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Server:
    """Where to measure: a running stack, a token for it, and a folder for the clients' files and the stack's `data`."""

    url: str
    token: str
    work: Path


NOWHERE = Server("", "", Path())


@dataclass(frozen=True)
class Benchmark:
    """`run` gives the figures of each of its rows, one a repetition; `rows` says what they are and should be.

    One that is `alone` needs no stack, which would only disturb it.
    """

    rows: dict[str, Wanted]
    run: Callable[[Server], Figures]
    alone: bool = False


BENCHMARKS = (
    Benchmark(package.ROWS, lambda _: package.measure(), alone=True),
    Benchmark(
        {thousand.UPLOAD: seconds(), thousand.ADD_NODES: seconds(4.0), thousand.PUBLISH: seconds(1.0)},
        lambda server: thousand.measure(server.url, server.token, server.work),
    ),
    Benchmark({files.FILE_DIFF: seconds(1.0)}, lambda server: files.measure(server.url, server.token, server.work)),
    Benchmark(public.ROWS, lambda server: public.measure(server.url, server.token, server.work)),
    Benchmark(editing.ROWS, lambda server: editing.measure(server.url, server.work)),
    Benchmark(search.ROWS, lambda server: search.measure(server.url, server.token, server.work)),
    Benchmark(long_list.ROWS, lambda server: long_list.measure(server.url, server.token, server.work)),
    Benchmark(together.ROWS, lambda server: together.measure(server.url, server.token)),
)
