"""The gateway with the Chalice app as origin: what API Gateway, Lambda and CloudFront do around it."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infra.local.edge.api import Api
from infra.local.edge.content import Content
from infra.local.edge.gateway import Gateway
from tests.infra.local.edge.fakes import make_app

MB = 1024 * 1024


class Host:
    """A client of a gateway whose S3 is unreachable."""

    def __init__(self, timeout: float = 29.0, origin_secret: str = "") -> None:
        api = Api(make_app(), timeout, origin_secret=origin_secret)
        gateway = Gateway(Content("http://127.0.0.1:9", "bucket"), api)
        self._transport = httpx.ASGITransport(gateway)

    async def send_async(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://host", timeout=60) as client:
            return await client.request(method, path, **options)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self.send_async(method, path, **options))


@pytest.fixture
def host() -> Host:
    return Host()


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "detail"}


def test_a_request_reaches_its_view(host: Host) -> None:
    answer = host.send("GET", "/api/thing/a%20b?x=1&x=2", headers={"Authorization": "Token t"}).json()
    assert answer["thing_id"] == "a%20b"
    assert answer["resource"] == "/api/thing/{thing_id}"
    assert answer["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert answer["headers"]["authorization"] == "Token t"


def test_the_gateway_sends_its_secret_whatever_the_client_sends(host: Host) -> None:
    def key(host: Host) -> Any:
        return host.send("GET", "/api/thing", headers={"X-Front-Key": "mine"}).json()["headers"]["x-front-key"]

    assert key(Host(origin_secret="its own")) == "its own"
    assert key(host) == "mine"  # which the app ignores if no secret is configured


@pytest.mark.parametrize(("path", "seen"), [("/api/thing/", "/api/thing"), ("/api/thing", "/api/thing"), ("/", "/")])
def test_a_trailing_slash_makes_no_difference(host: Host, path: str, seen: str) -> None:
    assert host.send("GET", path).json()["path"] == seen


def test_an_unknown_path_is_404_as_json(host: Host) -> None:
    assert_problem(host.send("GET", "/api/nothing"), 404)


def test_an_unknown_method_is_405_with_the_allowed_ones(host: Host) -> None:
    answer = host.send("DELETE", "/api/thing")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, OPTIONS, POST"


def test_head_is_answered_by_get(host: Host) -> None:
    answer = host.send("HEAD", "/api/letters/50")
    assert (answer.status_code, answer.headers["content-length"]) == (200, "50")


def test_a_preflight_is_answered_if_a_view_allows_other_origins(host: Host) -> None:
    answer = host.send("OPTIONS", "/api/open")
    assert answer.headers["access-control-allow-origin"] == "https://studio.example.org"
    assert answer.headers["access-control-allow-methods"] == "OPTIONS, PUT"
    assert_problem(host.send("OPTIONS", "/api/thing"), 405)


def test_a_body_in_chunks_without_length_arrives_whole(host: Host) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"a" * 1000

    async def send() -> httpx.Response:
        return await host.send_async("POST", "/api/thing", content=chunks())

    answer = asyncio.run(send()).json()
    assert answer["size"] == 10_000
    assert "content-length" not in answer["headers"]


def test_a_file_in_a_form_arrives_as_bytes(host: Host) -> None:
    answer = host.send("POST", "/api/thing", files={"file": ("x.bin", b"\x00\xff")}).json()
    assert answer["isBase64Encoded"]
    assert answer["size"] > 2


def test_a_body_of_more_than_10_mb_is_too_large_for_api_gateway(host: Host) -> None:
    answer = host.send("POST", "/api/thing", content=b" " * (10 * MB + 1))
    assert_problem(answer, 413)
    assert "10 MB" in answer.json()["detail"]


@pytest.mark.parametrize(("size", "status"), [(4 * MB, 200), (5 * MB, 413)])
def test_a_binary_body_counts_as_base64_for_lambda(host: Host, size: int, status: int) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    assert host.send("POST", "/api/thing", content=b"\xff" * size, headers=headers).status_code == status


@pytest.mark.parametrize(("size", "status"), [(6_000_000, 200), (6 * MB, 502)])
def test_a_response_of_more_than_6_mb_is_refused(host: Host, size: int, status: int) -> None:
    assert host.send("GET", f"/api/letters/{size}").status_code == status


def test_a_slow_function_is_a_timeout() -> None:
    assert_problem(Host(timeout=0.05).send("GET", "/api/sleep/0.3"), 504)


def test_a_function_that_fails_is_502_and_says_why_on_the_console(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_problem(host.send("GET", "/api/fail"), 502)
    assert "TypeError" in capsys.readouterr().err


def test_concurrent_requests_are_isolated(host: Host) -> None:
    async def send() -> list[httpx.Response]:
        return await asyncio.gather(*(host.send_async("GET", f"/api/sleep/0.0{n}") for n in range(1, 9)))

    assert [answer.json()["seconds"] for answer in asyncio.run(send())] == [f"0.0{n}" for n in range(1, 9)]


def test_long_text_is_compressed_if_accepted(host: Host) -> None:
    answer = host.send("GET", "/api/letters/2000", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == 'W/"letters"'
    assert answer.text == "x" * 2000
    assert int(answer.headers["content-length"]) == len(gzip.compress(b"x" * 2000, 1, mtime=0))


@pytest.mark.parametrize(("size", "accepted"), [("2000", "identity"), ("2000", "br, gzip;q=0"), ("20", "gzip")])
def test_other_text_is_not_compressed(host: Host, size: str, accepted: str) -> None:
    answer = host.send("GET", f"/api/letters/{size}", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.headers.get("vary") == ("Accept-Encoding" if size == "2000" else None)
    assert answer.headers["etag"] == '"letters"'


def test_a_header_with_two_values_is_sent_twice(host: Host) -> None:
    assert host.send("GET", "/api/letters/1").headers.get_list("x-twice") == ["a", "b"]
