"""Sends requests to a server on several persistent connections, as fast as it answers.

It runs in a separate process, so that the caller's work does not affect the figures: `python -m benchmarks.load` reads
the arguments of `run` as JSON from standard input, and prints its Load as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count, cycle
from typing import Any
from urllib.parse import urlsplit

import httptools
import uvloop

NUMBER = b"{n}"
PATIENCE = 30.0  # seconds to wait for the last responses
RECONNECT = 0.1  # seconds between attempts to connect


@dataclass(frozen=True)
class Load:
    """Complete responses with the expected status per second, median and 99th percentile in seconds, and errors."""

    requests_per_second: float
    p50: float
    p99: float
    errors: int


def measure(
    url: str,
    paths: Sequence[str],
    seconds: float,
    connections: int = 8,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Load:
    """Request `paths` from `url` (scheme, host and port) in a cycle for `seconds`. Responses with a status other than
    `status` are errors.

    `{n}` in a path becomes a number that was not used before, so that no cache has the answer. Raises
    CalledProcessError where the generator itself fails.
    """
    arguments = {"url": url, "paths": list(paths), "seconds": seconds, "connections": connections}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(arguments | {"headers": dict(headers or {}), "status": status}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Load(**json.loads(done.stdout))


def run(
    url: str, paths: Sequence[str], seconds: float, connections: int, headers: Mapping[str, str], status: int
) -> Load:
    """Like `measure`, in this process."""
    head = _head({"Host": urlsplit(url).netloc, **headers})
    return uvloop.run(_run(url, _requests(paths, head), seconds, connections, status))


@dataclass
class _Run:
    """What the connections of a run share. Times are of `time.perf_counter`."""

    requests: Iterator[bytes]
    deadline: float
    status: int
    took: list[float] = field(default_factory=list)
    errors: int = 0


class _Connection(asyncio.Protocol):
    """Sends requests one after the other, until the deadline or until the server closes the connection."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._parser = httptools.HttpResponseParser(self)
        self._waiting = False
        self._sent = 0.0
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_message_complete(self) -> None:  # the parser's call
        now = time.perf_counter()
        self._waiting = False
        if self._parser.get_status_code() == self._run.status:
            self._run.took.append(now - self._sent)
        else:
            self._run.errors += 1
        if now < self._run.deadline and self._parser.should_keep_alive():
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.errors += self._waiting  # a body without a length may be incomplete
        if not self.closed.done():
            self.closed.set_result(None)

    def _ask(self) -> None:
        self._waiting = True
        self._sent = time.perf_counter()
        self._transport.write(next(self._run.requests))


async def _run(url: str, requests: Iterator[bytes], seconds: float, connections: int, status: int) -> Load:
    parts = urlsplit(url)
    started = time.perf_counter()
    shared = _Run(requests, started + seconds, status)
    loops = [asyncio.create_task(_connect(shared, parts.hostname or "", parts.port or 80)) for _ in range(connections)]
    _, late = await asyncio.wait(loops, timeout=seconds + PATIENCE)
    for loop in late:
        loop.cancel()
    elapsed = time.perf_counter() - started
    took = sorted(shared.took) or [0.0]
    return Load(
        requests_per_second=len(shared.took) / elapsed,
        p50=took[len(took) // 2],
        p99=took[len(took) * 99 // 100],
        errors=shared.errors + len(late),
    )


async def _connect(shared: _Run, host: str, port: int) -> None:
    """Keep one connection busy until the deadline, reopening it if the server closes it."""
    loop = asyncio.get_running_loop()
    while time.perf_counter() < shared.deadline:
        try:
            _, connection = await loop.create_connection(lambda: _Connection(shared), host, port)
        except OSError:
            shared.errors += 1
            await asyncio.sleep(RECONNECT)
        else:
            await connection.closed


def _head(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def _requests(paths: Iterable[str], head: bytes) -> Iterator[bytes]:
    number = count(time.time_ns())  # a later run has other numbers
    for path in cycle([path.encode("ascii") for path in paths]):
        target = path.replace(NUMBER, b"%d" % next(number)) if NUMBER in path else path
        yield b"GET %b HTTP/1.1\r\n%b\r\n" % (target, head)


if __name__ == "__main__":
    print(json.dumps(asdict(run(**json.load(sys.stdin)))))
