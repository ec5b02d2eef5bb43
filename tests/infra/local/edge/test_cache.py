"""The edge cache of public reads: what is cached for how long, and what is answered from it."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from chalice.app import Chalice, Response

from infra.local.edge.api import Api
from infra.local.edge.cache import Edge
from infra.local.edge.content import Content
from infra.local.edge.gateway import Gateway

PUBLIC = "public, max-age=300, stale-while-revalidate=100"
MODIFIED = "Sat, 21 Nov 2026 07:00:00 GMT"
PATH = "/api/public/thing"


def open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class Origin:
    """An origin: its response, which is sent when its gate is open, and the requests that it has received."""

    body: str = "a" * 2000
    status: int = 200
    etag: str = '"a"'
    headers: dict[str, str] = field(default_factory=lambda: {"Cache-Control": PUBLIC, "Last-Modified": MODIFIED})
    received: list[Any] = field(default_factory=list)
    gate: threading.Event = field(default_factory=open_gate)

    def app(self) -> Any:
        app = Chalice(app_name="origin")

        @app.route("/api/public/{name}")
        def read(name: str) -> Any:
            request: Any = app.current_request
            self.received.append(request)
            assert self.gate.wait(10)
            headers: dict[str, Any] = {"Content-Type": "application/json", **self.headers}
            headers |= {"ETag": self.etag} if self.etag else {}
            if self.etag and request.headers.get("if-none-match", "").removeprefix("W/") == self.etag:
                return Response("", headers=headers, status_code=304)
            return Response(self.body, headers=headers, status_code=self.status)

        return app


class Host:
    """A client of a gateway before such an origin, whose edge has a clock that only tests move."""

    def __init__(self, **limits: int) -> None:
        self.origin = Origin()
        self.now = 1000.0
        api = Api(self.origin.app())
        self._gateway = Gateway(Content("http://127.0.0.1:9", "bucket"), api, Edge(api, lambda: self.now, **limits))

    async def ask_async(self, method: str, path: str, **headers: str) -> httpx.Response:
        named = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self._gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            return await client.request(method, path, headers=named)

    def send(self, method: str, path: str, **headers: str) -> httpx.Response:
        return asyncio.run(self.ask_async(method, path, **headers))

    def get(self, path: str = PATH, **headers: str) -> httpx.Response:
        return self.send("GET", path, **headers)

    def together(self, number: int, then: Callable[[list[asyncio.Task[httpx.Response]]], Any]) -> list[Any]:
        """So many GETs that all wait for the origin; its gate opens after `then`. Returns answers or exceptions."""

        async def run() -> list[Any]:
            self.origin.gate.clear()
            tasks = [asyncio.create_task(self.ask_async("GET", PATH)) for _ in range(number)]
            while not self.origin.received:
                await asyncio.sleep(0.001)
            then(tasks)
            await asyncio.sleep(0)
            self.origin.gate.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

        return asyncio.run(run())


@pytest.fixture
def host() -> Host:
    return Host()


def hit(answer: httpx.Response) -> str:
    return answer.headers["x-cache"].removesuffix(" from edge")


class TestFresh:
    def test_a_response_is_repeated_without_the_origin(self, host: Host) -> None:
        first, second = host.get(), host.get()
        assert (hit(first), hit(second), len(host.origin.received)) == ("Miss", "Hit", 1)
        assert first.text == second.text == host.origin.body
        assert second.headers["cache-control"] == PUBLIC
        assert "age" not in first.headers
        assert second.headers["age"] == "0"

    def test_a_client_cannot_bypass_the_cache(self, host: Host) -> None:
        host.get()
        assert hit(host.get(cache_control="no-cache", pragma="no-cache")) == "Hit"

    @pytest.mark.parametrize("path", [PATH + "/", PATH + "?"])
    def test_a_slash_at_the_end_makes_no_difference(self, host: Host, path: str) -> None:
        host.get()
        assert hit(host.get(path)) == "Hit"

    @pytest.mark.parametrize("path", ["/api/public/other", PATH + "?a=1", PATH + "?b=1", PATH + "?a=1&b=1"])
    def test_another_path_or_query_is_another_entry(self, host: Host, path: str) -> None:
        host.get()
        host.get(PATH + "?b=1&a=1")
        assert hit(host.get(path)) == "Miss"

    def test_compressed_and_plain_responses_are_separate_entries(self, host: Host) -> None:
        host.get()
        zipped = host.get(accept_encoding="gzip, br")
        assert (hit(zipped), zipped.headers["content-encoding"], zipped.text) == ("Miss", "gzip", host.origin.body)
        assert zipped.headers["etag"] == 'W/"a"'
        again = host.get(accept_encoding="br;q=0.5, gzip;q=0.5")
        assert (hit(again), again.text) == ("Hit", host.origin.body)
        assert "content-encoding" not in host.get(accept_encoding="gzip;q=0").headers
        assert [host.get(accept_encoding=encoding).headers["vary"] for encoding in ("gzip", "identity")] == [
            "Accept-Encoding"
        ] * 2

    def test_head_is_answered_from_a_get_and_a_get_from_a_head(self, host: Host) -> None:
        first, second, get = (host.send(method, PATH) for method in ("HEAD", "HEAD", "GET"))
        assert (hit(first), hit(second), hit(get)) == ("Miss", "Hit", "Hit")
        assert first.headers["content-length"] == second.headers["content-length"] == "2000"
        assert (first.content, get.text) == (b"", host.origin.body)
        assert host.origin.received[0].method == "GET"


class TestConditions:
    @pytest.mark.parametrize("tags", ['"a"', 'W/"a"', '"x", W/"a"', '"x","a"', "*"])
    @pytest.mark.parametrize("encoding", ["identity", "gzip"])
    def test_clients_with_a_copy_get_304(self, host: Host, tags: str, encoding: str) -> None:
        for known in ("Miss", "Hit"):
            answer = host.get(if_none_match=tags, accept_encoding=encoding)
            assert (answer.status_code, answer.content, hit(answer)) == (304, b"", known)
            assert answer.headers["etag"].endswith('"a"')
            assert answer.headers["cache-control"] == PUBLIC
            assert answer.headers["last-modified"] == MODIFIED
            assert not [name for name in answer.headers if name.startswith("content-")]

    @pytest.mark.parametrize("tags", ['"x"', "a", "", 'W/"aa"'])
    def test_another_tag_gets_all_whatever_the_date(self, host: Host, tags: str) -> None:
        assert host.get(if_none_match=tags, if_modified_since=MODIFIED).status_code == 200

    @pytest.mark.parametrize(
        ("since", "status"),
        [
            (MODIFIED, 304),
            ("Sun, 22 Nov 2026 07:00:00 GMT", 304),
            ("Sat, 21 Nov 2026 06:59:59 GMT", 200),
            ("yesterday", 200),
            ("Sat, 99 Nov 2026 07:00:00 GMT", 200),
        ],
    )
    def test_a_date_counts_if_no_tag_is_sent(self, host: Host, since: str, status: int) -> None:
        assert host.get(if_modified_since=since).status_code == status
        assert host.get(if_modified_since=since).status_code == status

    def test_a_response_without_validators_is_always_sent(self, host: Host) -> None:
        host.origin.etag = ""
        del host.origin.headers["Last-Modified"]
        assert host.get(if_none_match='"a"').status_code == 200
        assert host.get(if_modified_since=MODIFIED).status_code == 200

    def test_an_error_is_returned_to_conditional_requests_too(self, host: Host) -> None:
        host.origin.status = 404
        assert host.get(if_none_match="*").status_code == 404


class TestRedirects:
    """A list that Lambda cannot answer is elsewhere."""

    @pytest.fixture(autouse=True)
    def elsewhere(self, host: Host) -> None:
        host.origin.status, host.origin.body = 302, ""
        host.origin.headers |= {"Location": "/content/x", "Vary": "Accept-Encoding"}

    def test_are_cached_and_revalidated_like_responses(self, host: Host) -> None:
        for expected in ("Miss", "RefreshHit"):
            for known in (expected, "Hit"):
                answer = host.get()
                assert (answer.status_code, answer.headers["location"], hit(answer)) == (302, "/content/x", known)
                assert answer.headers["vary"] == "Accept-Encoding"
            host.now += 1

    def test_are_not_sent_again_to_clients_with_a_copy(self, host: Host) -> None:
        for headers in ({"if_none_match": 'W/"a"'}, {"if_modified_since": MODIFIED}):
            answer = host.get(**headers)
            assert (answer.status_code, answer.headers["etag"], answer.headers["cache-control"]) == (304, '"a"', PUBLIC)

    def test_are_separate_for_clients_that_accept_gzip(self, host: Host) -> None:
        host.get()
        host.origin.headers["Location"] = "/content/gzip"
        answers = [host.get(accept_encoding=encoding) for encoding in ("gzip", "identity")]
        assert [answer.headers["location"] for answer in answers] == ["/content/gzip", "/content/x"]

    def test_are_replaced_by_a_response(self, host: Host) -> None:
        host.get()
        host.now += 1
        host.origin.status, host.origin.body, host.origin.etag = 200, "small", '"b"'
        assert (host.get().status_code, host.get().text) == (200, "small")


class TestExpired:
    def test_a_current_response_is_revalidated(self, host: Host) -> None:
        for expected in ("Miss", "RefreshHit", "RefreshHit"):
            answer = host.get()
            assert (hit(answer), answer.text) == (expected, host.origin.body)
            assert hit(host.get()) == "Hit"
            host.now += 1
        assert [request.headers.get("if-none-match") for request in host.origin.received] == [None, '"a"', '"a"']

    def test_a_revalidated_response_stays_compressed(self, host: Host) -> None:
        host.get(accept_encoding="gzip")
        host.now += 1
        answer = host.get(accept_encoding="gzip")
        assert (hit(answer), answer.text, answer.headers["etag"]) == ("RefreshHit", host.origin.body, 'W/"a"')

    def test_a_new_response_replaces_the_old_one(self, host: Host) -> None:
        host.get()
        host.origin.body, host.origin.etag = "new", '"b"'
        assert hit(host.get()) == "Hit"
        host.now += 1
        answer = host.get(if_none_match='"a"')
        assert (hit(answer), answer.status_code, answer.text) == ("Miss", 200, "new")
        assert host.get().text == "new"

    def test_headers_of_a_304_apply(self, host: Host) -> None:
        host.get()
        host.now += 1
        host.origin.headers["Cache-Control"] = "public, max-age=0"
        assert host.get().headers["cache-control"] == "public, max-age=0"
        assert hit(host.get()) == "Miss"

    def test_an_error_is_passed_on_and_not_cached(self, host: Host) -> None:
        host.get()
        host.now += 1
        host.origin.status, host.origin.etag = 503, '"b"'
        assert host.get().status_code == 503
        host.origin.status = 200
        assert (host.get().status_code, len(host.origin.received)) == (200, 3)

    def test_a_shorter_max_age_of_the_app_applies(self, host: Host) -> None:
        host.origin.headers["Cache-Control"] = "public, max-age=0"
        assert [hit(host.get()) for _ in range(2)] == ["Miss", "Miss"]


class TestNotKept:
    @pytest.mark.parametrize(
        "cache_control",
        ["", "public", "max-age=300", "private, max-age=300", "public, no-cache, max-age=9", "public, max-age=x"],
    )
    def test_responses_that_shared_caches_must_not_store(self, host: Host, cache_control: str) -> None:
        host.origin.headers["Cache-Control"] = cache_control
        assert [hit(host.get()) for _ in range(2)] == ["Miss", "Miss"]

    @pytest.mark.parametrize("status", [201, 303, 400, 404, 500, 503])
    def test_errors_and_other_statuses(self, host: Host, status: int) -> None:
        host.origin.status = status
        answers = [host.get(), host.get()]
        assert {(answer.status_code, answer.text) for answer in answers} == {(status, host.origin.body)}
        assert [hit(answer) for answer in answers] == ["Miss", "Miss"]

    def test_the_rest_of_the_api_bypasses_the_cache(self, host: Host) -> None:
        assert "x-cache" not in host.get("/api/thing").headers

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_other_methods_reach_the_app(self, host: Host, method: str) -> None:
        answer = host.send(method, PATH)
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json")
        assert "GET" in answer.headers["allow"]
        assert set(answer.json()) == {"error", "detail"}


class TestPrivacy:
    def test_no_credentials_reach_the_app(self, host: Host) -> None:
        host.get(authorization="Token t", cookie="a=b", accept_language="fr", accept_encoding="gzip")
        headers = dict(host.origin.received[0].headers)
        del headers["x-forwarded-for"]  # which CloudFront and API Gateway add to all requests
        assert headers == {"accept-encoding": "gzip"}

    def test_no_cookie_comes_back(self, host: Host) -> None:
        host.origin.headers["Set-Cookie"] = "a=b"
        assert not [answer for answer in (host.get(), host.get()) if "set-cookie" in answer.headers]


class TestTogether:
    def test_concurrent_requests_share_one_call(self, host: Host) -> None:
        host.origin.headers.clear()  # so that it is not cached
        answers = host.together(8, lambda tasks: None)
        assert ({answer.text for answer in answers}, len(host.origin.received)) == ({host.origin.body}, 1)
        host.get()
        assert len(host.origin.received) == 2

    def test_a_client_that_disconnects_does_not_end_it_for_others(self, host: Host) -> None:
        left, stayed = host.together(2, lambda tasks: tasks[0].cancel())
        assert isinstance(left, asyncio.CancelledError)
        assert (stayed.text, len(host.origin.received)) == (host.origin.body, 1)


class TestBounds:
    def test_the_least_recently_used_entry_is_evicted(self) -> None:
        host = Host(entries=2)
        for name in ("a", "b", "a", "c"):
            host.get(f"/api/public/{name}")
        assert [hit(host.get(f"/api/public/{name}")) for name in ("a", "c", "b")] == ["Hit", "Hit", "Miss"]

    def test_the_size_of_all_bodies_is_bounded(self) -> None:
        host = Host(size=5000)
        for name in ("a", "b", "c"):
            host.get(f"/api/public/{name}")
        assert [hit(host.get(f"/api/public/{name}")) for name in ("c", "b", "a")] == ["Hit", "Hit", "Miss"]

    def test_replaced_entries_are_counted_once(self) -> None:
        host = Host(size=5000)
        for tag in "abcdef":
            host.origin.etag = f'"{tag}"'
            host.get()
            host.now += 1
        host.get("/api/public/b")
        host.get()
        assert [hit(host.get(path)) for path in ("/api/public/b", PATH)] == ["Hit", "Hit"]

    def test_a_response_that_is_too_large_is_passed_on(self) -> None:
        host = Host(size=1999)
        assert [(hit(answer), len(answer.text)) for answer in (host.get(), host.get())] == [("Miss", 2000)] * 2
