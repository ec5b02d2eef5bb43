"""The front's cache of public reads: what is kept for how long, and what is answered from it."""

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
    """What the app answers with, when its gate is open, and the requests that have reached it."""

    body: str = "a" * 2000
    status: int = 200
    etag: str = '"a"'
    headers: dict[str, str] = field(default_factory=lambda: {"Cache-Control": PUBLIC, "Last-Modified": MODIFIED})
    asked: list[Any] = field(default_factory=list)
    gate: threading.Event = field(default_factory=open_gate)

    def app(self) -> Any:
        app = Chalice(app_name="origin")

        @app.route("/api/public/{name}")
        def read(name: str) -> Any:
            request: Any = app.current_request
            self.asked.append(request)
            assert self.gate.wait(10)
            headers: dict[str, Any] = {"Content-Type": "application/json", **self.headers}
            headers |= {"ETag": self.etag} if self.etag else {}
            if self.etag and request.headers.get("if-none-match", "").removeprefix("W/") == self.etag:
                return Response("", headers=headers, status_code=304)
            return Response(self.body, headers=headers, status_code=self.status)

        return app


class Front:
    """A client of a gateway before such an origin, whose edge has a clock that only tests move."""

    def __init__(self, **limits: int) -> None:
        self.origin = Origin()
        self.now = 1000.0
        api = Api(self.origin.app())
        self._gateway = Gateway(Content("http://127.0.0.1:9", "bucket"), api, Edge(api, lambda: self.now, **limits))

    async def ask_async(self, method: str, path: str, **headers: str) -> httpx.Response:
        named = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self._gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://front") as client:
            return await client.request(method, path, headers=named)

    def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        return asyncio.run(self.ask_async(method, path, **headers))

    def get(self, path: str = PATH, **headers: str) -> httpx.Response:
        return self.ask("GET", path, **headers)

    def together(self, number: int, then: Callable[[list[asyncio.Task[httpx.Response]]], Any]) -> list[Any]:
        """So many GETs that all wait for the origin; its gate opens after `then`. Returns answers or exceptions."""

        async def run() -> list[Any]:
            self.origin.gate.clear()
            tasks = [asyncio.create_task(self.ask_async("GET", PATH)) for _ in range(number)]
            while not self.origin.asked:
                await asyncio.sleep(0.001)
            then(tasks)
            await asyncio.sleep(0)
            self.origin.gate.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

        return asyncio.run(run())


@pytest.fixture
def front() -> Front:
    return Front()


def hit(answer: httpx.Response) -> str:
    return answer.headers["x-cache"].removesuffix(" from edge")


class TestFresh:
    def test_an_answer_is_given_again_without_the_origin(self, front: Front) -> None:
        first, second = front.get(), front.get()
        assert (hit(first), hit(second), len(front.origin.asked)) == ("Miss", "Hit", 1)
        assert first.text == second.text == front.origin.body
        assert second.headers["cache-control"] == PUBLIC
        assert "age" not in first.headers
        assert second.headers["age"] == "0"

    def test_a_client_cannot_ask_for_a_newer_one(self, front: Front) -> None:
        front.get()
        assert hit(front.get(cache_control="no-cache", pragma="no-cache")) == "Hit"

    @pytest.mark.parametrize("path", [PATH + "/", PATH + "?"])
    def test_a_slash_at_the_end_makes_no_difference(self, front: Front, path: str) -> None:
        front.get()
        assert hit(front.get(path)) == "Hit"

    @pytest.mark.parametrize("path", ["/api/public/other", PATH + "?a=1", PATH + "?b=1", PATH + "?a=1&b=1"])
    def test_another_path_or_query_is_another_answer(self, front: Front, path: str) -> None:
        front.get()
        front.get(PATH + "?b=1&a=1")
        assert hit(front.get(path)) == "Miss"

    def test_compressed_and_plain_answers_are_kept_apart(self, front: Front) -> None:
        front.get()
        zipped = front.get(accept_encoding="gzip, br")
        assert (hit(zipped), zipped.headers["content-encoding"], zipped.text) == ("Miss", "gzip", front.origin.body)
        assert zipped.headers["etag"] == 'W/"a"'
        again = front.get(accept_encoding="br;q=0.5, gzip;q=0.5")
        assert (hit(again), again.text) == ("Hit", front.origin.body)
        assert "content-encoding" not in front.get(accept_encoding="gzip;q=0").headers
        assert [front.get(accept_encoding=encoding).headers["vary"] for encoding in ("gzip", "identity")] == [
            "Accept-Encoding"
        ] * 2

    def test_head_is_answered_from_a_get_and_a_get_from_a_head(self, front: Front) -> None:
        first, second, get = (front.ask(method, PATH) for method in ("HEAD", "HEAD", "GET"))
        assert (hit(first), hit(second), hit(get)) == ("Miss", "Hit", "Hit")
        assert first.headers["content-length"] == second.headers["content-length"] == "2000"
        assert (first.content, get.text) == (b"", front.origin.body)
        assert front.origin.asked[0].method == "GET"


class TestConditions:
    @pytest.mark.parametrize("tags", ['"a"', 'W/"a"', '"x", W/"a"', '"x","a"', "*"])
    @pytest.mark.parametrize("encoding", ["identity", "gzip"])
    def test_whoever_has_it_gets_304(self, front: Front, tags: str, encoding: str) -> None:
        for known in ("Miss", "Hit"):
            answer = front.get(if_none_match=tags, accept_encoding=encoding)
            assert (answer.status_code, answer.content, hit(answer)) == (304, b"", known)
            assert answer.headers["etag"].endswith('"a"')
            assert answer.headers["cache-control"] == PUBLIC
            assert answer.headers["last-modified"] == MODIFIED
            assert not [name for name in answer.headers if name.startswith("content-")]

    @pytest.mark.parametrize("tags", ['"x"', "a", "", 'W/"aa"'])
    def test_another_tag_gets_all_whatever_the_date(self, front: Front, tags: str) -> None:
        assert front.get(if_none_match=tags, if_modified_since=MODIFIED).status_code == 200

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
    def test_a_date_counts_where_no_tag_is_given(self, front: Front, since: str, status: int) -> None:
        assert front.get(if_modified_since=since).status_code == status
        assert front.get(if_modified_since=since).status_code == status

    def test_an_answer_without_a_tag_or_a_date_is_sent_to_whoever_has_another(self, front: Front) -> None:
        front.origin.etag = ""
        del front.origin.headers["Last-Modified"]
        assert front.get(if_none_match='"a"').status_code == 200
        assert front.get(if_modified_since=MODIFIED).status_code == 200

    def test_an_error_is_an_error_to_whoever_asks_with_a_tag(self, front: Front) -> None:
        front.origin.status = 404
        assert front.get(if_none_match="*").status_code == 404


class TestRedirects:
    """A list that Lambda cannot answer is elsewhere."""

    @pytest.fixture(autouse=True)
    def elsewhere(self, front: Front) -> None:
        front.origin.status, front.origin.body = 302, ""
        front.origin.headers |= {"Location": "/content/x", "Vary": "Accept-Encoding"}

    def test_are_kept_and_renewed_as_answers_are(self, front: Front) -> None:
        for expected in ("Miss", "RefreshHit"):
            for known in (expected, "Hit"):
                answer = front.get()
                assert (answer.status_code, answer.headers["location"], hit(answer)) == (302, "/content/x", known)
                assert answer.headers["vary"] == "Accept-Encoding"
            front.now += 1

    def test_are_not_sent_again_to_who_has_them(self, front: Front) -> None:
        for headers in ({"if_none_match": 'W/"a"'}, {"if_modified_since": MODIFIED}):
            answer = front.get(**headers)
            assert (answer.status_code, answer.headers["etag"], answer.headers["cache-control"]) == (304, '"a"', PUBLIC)

    def test_are_kept_apart_for_who_takes_gzip(self, front: Front) -> None:
        front.get()
        front.origin.headers["Location"] = "/content/gzip"
        answers = [front.get(accept_encoding=encoding) for encoding in ("gzip", "identity")]
        assert [answer.headers["location"] for answer in answers] == ["/content/gzip", "/content/x"]

    def test_give_way_to_an_answer(self, front: Front) -> None:
        front.get()
        front.now += 1
        front.origin.status, front.origin.body, front.origin.etag = 200, "small", '"b"'
        assert (front.get().status_code, front.get().text) == (200, "small")


class TestExpired:
    def test_what_still_holds_is_kept_for_another_time(self, front: Front) -> None:
        for expected in ("Miss", "RefreshHit", "RefreshHit"):
            answer = front.get()
            assert (hit(answer), answer.text) == (expected, front.origin.body)
            assert hit(front.get()) == "Hit"
            front.now += 1
        assert [request.headers.get("if-none-match") for request in front.origin.asked] == [None, '"a"', '"a"']

    def test_what_still_holds_stays_compressed(self, front: Front) -> None:
        front.get(accept_encoding="gzip")
        front.now += 1
        answer = front.get(accept_encoding="gzip")
        assert (hit(answer), answer.text, answer.headers["etag"]) == ("RefreshHit", front.origin.body, 'W/"a"')

    def test_a_new_answer_takes_the_place_of_the_old_one(self, front: Front) -> None:
        front.get()
        front.origin.body, front.origin.etag = "new", '"b"'
        assert hit(front.get()) == "Hit"
        front.now += 1
        answer = front.get(if_none_match='"a"')
        assert (hit(answer), answer.status_code, answer.text) == ("Miss", 200, "new")
        assert front.get().text == "new"

    def test_headers_of_the_newer_answer_count(self, front: Front) -> None:
        front.get()
        front.now += 1
        front.origin.headers["Cache-Control"] = "public, max-age=0"
        assert front.get().headers["cache-control"] == "public, max-age=0"
        assert hit(front.get()) == "Miss"

    def test_an_error_is_passed_on_and_not_kept(self, front: Front) -> None:
        front.get()
        front.now += 1
        front.origin.status, front.origin.etag = 503, '"b"'
        assert front.get().status_code == 503
        front.origin.status = 200
        assert (front.get().status_code, len(front.origin.asked)) == (200, 3)

    def test_a_shorter_time_of_the_app_counts(self, front: Front) -> None:
        front.origin.headers["Cache-Control"] = "public, max-age=0"
        assert [hit(front.get()) for _ in range(2)] == ["Miss", "Miss"]


class TestNotKept:
    @pytest.mark.parametrize(
        "cache_control",
        ["", "public", "max-age=300", "private, max-age=300", "public, no-cache, max-age=9", "public, max-age=x"],
    )
    def test_what_the_app_does_not_let_all_keep(self, front: Front, cache_control: str) -> None:
        front.origin.headers["Cache-Control"] = cache_control
        assert [hit(front.get()) for _ in range(2)] == ["Miss", "Miss"]

    @pytest.mark.parametrize("status", [201, 303, 400, 404, 500, 503])
    def test_what_is_neither_an_answer_nor_a_redirect_to_it(self, front: Front, status: int) -> None:
        front.origin.status = status
        answers = [front.get(), front.get()]
        assert {(answer.status_code, answer.text) for answer in answers} == {(status, front.origin.body)}
        assert [hit(answer) for answer in answers] == ["Miss", "Miss"]

    def test_the_rest_of_the_api_does_not_pass_the_edge(self, front: Front) -> None:
        assert "x-cache" not in front.get("/api/thing").headers

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_other_methods_reach_the_app(self, front: Front, method: str) -> None:
        answer = front.ask(method, PATH)
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json")
        assert "GET" in answer.headers["allow"]
        assert set(answer.json()) == {"error", "detail"}


class TestPrivacy:
    def test_no_credentials_reach_the_app(self, front: Front) -> None:
        front.get(authorization="Token t", cookie="a=b", accept_language="fr", accept_encoding="gzip")
        headers = dict(front.origin.asked[0].headers)
        del headers["x-forwarded-for"]  # which CloudFront and API Gateway add to all requests
        assert headers == {"accept-encoding": "gzip"}

    def test_no_cookie_comes_back(self, front: Front) -> None:
        front.origin.headers["Set-Cookie"] = "a=b"
        assert not [answer for answer in (front.get(), front.get()) if "set-cookie" in answer.headers]


class TestTogether:
    def test_one_call_is_for_all_who_wait(self, front: Front) -> None:
        front.origin.headers.clear()  # so that nobody finds it kept
        answers = front.together(8, lambda tasks: None)
        assert ({answer.text for answer in answers}, len(front.origin.asked)) == ({front.origin.body}, 1)
        front.get()
        assert len(front.origin.asked) == 2

    def test_one_who_leaves_does_not_end_it_for_the_others(self, front: Front) -> None:
        left, stayed = front.together(2, lambda tasks: tasks[0].cancel())
        assert isinstance(left, asyncio.CancelledError)
        assert (stayed.text, len(front.origin.asked)) == (front.origin.body, 1)


class TestBounds:
    def test_the_least_recently_used_answer_makes_room(self) -> None:
        front = Front(entries=2)
        for name in ("a", "b", "a", "c"):
            front.get(f"/api/public/{name}")
        assert [hit(front.get(f"/api/public/{name}")) for name in ("a", "c", "b")] == ["Hit", "Hit", "Miss"]

    def test_all_bodies_together_are_bounded(self) -> None:
        front = Front(size=5000)
        for name in ("a", "b", "c"):
            front.get(f"/api/public/{name}")
        assert [hit(front.get(f"/api/public/{name}")) for name in ("c", "b", "a")] == ["Hit", "Hit", "Miss"]

    def test_room_is_counted_once_for_answers_that_change(self) -> None:
        front = Front(size=5000)
        for tag in "abcdef":
            front.origin.etag = f'"{tag}"'
            front.get()
            front.now += 1
        front.get("/api/public/b")
        front.get()
        assert [hit(front.get(path)) for path in ("/api/public/b", PATH)] == ["Hit", "Hit"]

    def test_an_answer_that_is_too_large_is_passed_on(self) -> None:
        front = Front(size=1999)
        assert [(hit(answer), len(answer.text)) for answer in (front.get(), front.get())] == [("Miss", 2000)] * 2
