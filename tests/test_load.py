"""The load generator counts and measures correctly; `make bench` measures servers with it."""

import asyncio
from collections.abc import Callable

import pytest

from benchmarks import load

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
SECONDS = 0.1


class Server:
    """Responds to each request with bytes that depend on its number; remembers the requests."""

    def __init__(self, answer: Callable[[int], bytes], close: bool = False) -> None:
        self.lines: list[str] = []
        self.heads: list[str] = []
        self._answer = answer
        self._close = close

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.heads.append(head)
                self.lines.append(head.splitlines()[0])
                writer.write(self._answer(len(self.lines)))
                if self._close:
                    break
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        writer.close()

    async def _measure(self, paths: list[str], connections: int) -> load.Load:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await asyncio.to_thread(load.measure, url, paths, SECONDS, connections, {"X-Name": "value"})

    def measured(self, *paths: str, connections: int = 2) -> load.Load:
        return asyncio.run(self._measure(list(paths), connections))


def test_complete_responses_are_counted_and_timed() -> None:
    server = Server(lambda number: OK)
    found = server.measured("/a", "/b?c=1", connections=1)
    assert found.errors == 0
    assert found.requests_per_second * SECONDS == pytest.approx(len(server.lines), rel=0.5)
    assert 0 < found.p50 <= found.p99 < SECONDS
    assert server.lines[:3] == ["GET /a HTTP/1.1", "GET /b?c=1 HTTP/1.1", "GET /a HTTP/1.1"]
    assert "X-Name: value\r\n" in server.heads[0]


def test_a_number_in_a_path_is_never_repeated() -> None:
    server = Server(lambda number: OK)
    server.measured("/a?n={n}")
    server.measured("/a?n={n}")
    assert len(set(server.lines)) == len(server.lines) > 2
    assert all(line.startswith("GET /a?n=") for line in server.lines)


def test_other_responses_are_errors() -> None:
    server = Server(lambda number: OK if number % 2 else OK.replace(b"200 OK", b"503 No"))
    found = server.measured("/")
    assert found.errors == len(server.lines) // 2
    assert found.requests_per_second > 0


@pytest.mark.parametrize("answer", [OK[:-1], b"nonsense\r\n\r\n", b""])
def test_incomplete_and_invalid_responses_are_errors(answer: bytes) -> None:
    server = Server(lambda number: answer, close=True)
    found = server.measured("/")
    assert (found.requests_per_second, found.errors) == (0, len(server.lines))


def test_a_connection_closed_by_the_server_is_reopened() -> None:
    server = Server(lambda number: OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), close=True)
    found = server.measured("/")
    assert found.errors == 0
    assert len(server.lines) > 4


def test_a_missing_server_is_an_immediate_error() -> None:
    found = load.measure("http://127.0.0.1:9", ["/"], SECONDS, connections=2)
    assert (found.requests_per_second, found.p50, found.errors > 0) == (0, 0, True)
