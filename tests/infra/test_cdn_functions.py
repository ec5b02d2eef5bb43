"""CloudFront's functions, run in node, decide like the local gateway."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants import file_formats

from chalicelib.domain.mimetypes import mimetype_of
from infra.cdn import ALWAYS_FORWARDED, METHODS
from infra.local.edge.api import request_of
from infra.local.edge.content import Content
from infra.local.edge.events import Request
from infra.local.edge.gateway import Gateway
from infra.local.edge.responses import Response, send_response
from infra.routes import Origin, match
from tests.support.http.cloudfront import Decision, Distribution, Functions

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="node is missing: it runs CloudFront's functions")

FILE = "/content/storage/a/b/x.mp4"
SIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"
HEADERS = {
    "host": "cdn.example.org",
    "authorization": "Token t",
    "cookie": "a=b",
    "content-length": "3",
    "content-type": "text/plain",
    "content-md5": "x",
    "range": "bytes=0-1",
    "if-none-match": '"a"',
    "origin": "http://pages.example.org",
    "accept": "*/*",
    "accept-encoding": "gzip",
    "x-amz-acl": "public-read",
    "x-csrftoken": "c",
}


@pytest.fixture(scope="module")
def functions() -> Iterator[Functions]:
    with Functions.started() as running:
        yield running


@pytest.fixture(scope="module")
def distribution(functions: Functions) -> Distribution:
    return Distribution(functions)


class Local:
    """The local gateway with origins that record their requests."""

    def __init__(self) -> None:
        self.received: list[Decision] = []
        content = Content("http://s3.example.org", "bucket")
        content._pool = self  # type: ignore[assignment]
        self._gateway = Gateway(content, self)  # type: ignore[arg-type]

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        path, _, query = request.url.target.decode().removeprefix("/bucket").partition("?")
        headers = frozenset(name.decode().lower() for name, _ in request.headers) - {"host"}
        self.received.append(Decision(origin="s3", path=path, query=query, headers=headers))
        return httpcore.Response(200, content=b"")

    async def __call__(self, scope: Any, receive: Any, send: Any, origin: Origin) -> None:
        await send_response(send, await self.answer(request_of(scope, b"", origin), origin))

    async def answer(self, request: Request, origin: Origin) -> Response:
        headers = frozenset(name for name, _ in request.headers) - {"host"}
        self.received.append(Decision(origin="api", path=request.path, query=request.query, headers=headers))
        return Response(200)

    def decide(self, method: str, path: str, query: str, headers: dict[str, str]) -> Decision:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        asyncio.run(self._gateway(scope, receive, send))
        return self.received[0] if self.received else _refusal(method, sent)


def _refusal(method: str, sent: list[Any]) -> Decision:
    """HEAD has no body: the server omits it."""
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    error = "" if method == "HEAD" else json.loads(sent[1]["body"])["error"]
    return Decision(sent[0]["status"], headers.get("allow", ""), error)


def comparable(decision: Decision, path: str) -> Decision:
    """The bucket is two origins for CloudFront. What it needs to answer from its cache (conditions, ranges, encodings)
    it sends to the API as it likes."""
    fields = vars(decision)
    if decision.origin in ("content", "uploads"):
        fields = fields | {"origin": "s3"}
    if match(path).edge_seconds:
        fields = fields | {"headers": decision.headers - ALWAYS_FORWARDED - {"accept-encoding"}}
    return Decision(**fields)


starts = st.sampled_from(
    [
        "/content/storage/",
        "/content/databases/",
        "/content/answers/",
        "/content/",
        "/content",
        "/api/public/",
        "/api/",
        "/",
    ]
)
segments = st.sampled_from(
    [
        "",
        "a",
        ".",
        "..",
        "%2e",
        "%2E.",
        "%2f",
        "..%2F",
        "%252e",
        "x.sqlite3",
        "x-1.sqlite3",
        "x-next.sqlite3",
        "%C3%A9",
        "..a",
    ]
)
paths = st.just(FILE) | st.builds(lambda start, rest: start + "/".join(rest), starts, st.lists(segments, max_size=4))
queries = st.lists(
    st.sampled_from(
        ["a=1", "acl", SIGNED, "X-Amz-Signature=", "X-Amz-Signature", "x-amz-signature=1", "b=X-Amz-Signature=1"]
    ),
    max_size=3,
).map("&".join)
headers = st.sets(st.sampled_from(sorted(HEADERS))).map(lambda names: {name: HEADERS[name] for name in sorted(names)})


@settings(max_examples=600, deadline=None)
@given(method=st.sampled_from(METHODS), path=paths, query=queries, headers=headers)
def test_cloudfront_decides_like_the_local_gateway(
    distribution: Distribution, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    ours = comparable(Local().decide(method, path, query, headers), path)
    assert comparable(distribution.decide(method, path, query, headers), path) == ours


@given(path=paths, headers=headers)
@settings(max_examples=200, deadline=None)
def test_s3_receives_plain_paths_only_whatever_behaviour_applies(
    functions: Functions, distribution: Distribution, path: str, headers: dict[str, str]
) -> None:
    """CloudFront chooses the behaviour by the normalised path, but sends the path as it is."""
    for behaviour in distribution.config["CacheBehaviors"]:
        if behaviour["TargetOriginId"] != "content":
            continue
        request = {"method": "GET", "uri": path, "querystring": {}, "headers": {}, "cookies": {}}
        result, _ = functions.run(distribution.code(behaviour, "viewer-request"), {"request": request})
        parts = unquote(path).split("/")[1:]
        assert result.get("statusCode") in (404, 405) or not {"", ".", ".."} & set(parts)


class TestUploads:
    def test_go_to_the_origin_that_signs_nothing_with_the_whole_query(self, distribution: Distribution) -> None:
        decision = distribution.decide("PUT", FILE, SIGNED, HEADERS)
        assert (decision.origin, decision.path, decision.query) == ("uploads", FILE, SIGNED)
        assert {"content-type", "content-md5", "content-length"} <= decision.headers
        assert not {"authorization", "cookie", "x-amz-acl"} & decision.headers

    @pytest.mark.parametrize("query", ["", "X-Amz-Signature=", "X-Amz-Signature", "a=X-Amz-Signature=1"])
    def test_without_a_signature_are_refused(self, distribution: Distribution, query: str) -> None:
        assert distribution.decide("PUT", FILE, query, HEADERS) == Decision(403, error="Forbidden")

    def test_without_a_length_are_refused(self, distribution: Distribution) -> None:
        others = {name: value for name, value in HEADERS.items() if name != "content-length"}
        assert distribution.decide("PUT", FILE, SIGNED, others) == Decision(411, error="Length required")

    def test_have_credentials_removed_before_any_policy(self, functions: Functions, distribution: Distribution) -> None:
        """S3 refuses two kinds of credentials at once."""
        headers = {"authorization": {"value": "Token t"}, "content-length": {"value": "3"}}
        query = {"X-Amz-Signature": {"value": "0"}}
        cookies = {"a": {"value": "b"}}
        request = {"method": "PUT", "uri": FILE, "querystring": query, "headers": headers, "cookies": cookies}
        code = distribution.code(distribution.behaviour(FILE), "viewer-request")
        result, _ = functions.run(code, {"request": request})
        assert (result["headers"].keys(), result["cookies"]) == ({"content-length"}, {})

    def test_are_for_storage_only(self, distribution: Distribution) -> None:
        refusal = Decision(405, "GET, HEAD, OPTIONS", "Method not allowed")
        assert distribution.decide("PUT", "/content/databases/x.sqlite3", SIGNED, HEADERS) == refusal


class TestReads:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_request_the_object_only(self, distribution: Distribution, method: str) -> None:
        decision = distribution.decide(method, FILE, "acl&" + SIGNED, HEADERS)
        assert (decision.origin, decision.path, decision.query) == ("content", FILE, "")
        assert "authorization" not in decision.headers

    def test_of_other_content_are_404_at_the_edge(self, distribution: Distribution) -> None:
        assert distribution.decide("GET", "/content/items/x", "", {}) == Decision(404, error="Not found")
        assert distribution.decide("HEAD", "/content/items/x", "", {}) == Decision(404)

    def test_refuse_methods_as_json(self, distribution: Distribution) -> None:
        refusal = Decision(405, "GET, HEAD, OPTIONS, PUT", "Method not allowed")
        assert {distribution.decide(method, FILE, "", {}) for method in ("POST", "PATCH", "DELETE")} == {refusal}


class TestApi:
    def test_receives_every_header_but_the_host(self, distribution: Distribution) -> None:
        decision = distribution.decide("POST", "/api/internal/add_nodes///", "a=1&a=2", HEADERS)
        assert (decision.origin, decision.path, decision.query) == ("api", "/api/internal/add_nodes", "a=1&a=2")
        assert decision.headers == frozenset(HEADERS) - {"host"}

    def test_keeps_a_path_of_slashes(self, distribution: Distribution) -> None:
        assert distribution.decide("GET", "///", "", {}).path == "/"

    def test_trims_long_paths_fast(self, distribution: Distribution) -> None:
        path = "/" * 8000 + "x"
        assert distribution.decide("GET", path, "", {}).path == path


class TestResponses:
    def run(
        self, functions: Functions, distribution: Distribution, path: str, status: int, kind: str = "image/png"
    ) -> dict[str, Any]:
        headers = {"x-amz-version-id": {"value": "1"}, "etag": {"value": '"a"'}, "via": {"value": "c"}}
        headers |= {"content-type": {"value": kind}} if kind else {}
        event = {"request": {}, "response": {"statusCode": status, "headers": headers}}
        code = distribution.code(distribution.behaviour(path), "viewer-response")
        result, _ = functions.run(code, event)
        return {name: field["value"] for name, field in result["headers"].items()}

    @pytest.mark.parametrize("path", [FILE, "/content/databases/x.sqlite3", "/content/databases/x-1.sqlite3"])
    @pytest.mark.parametrize("status", [200, 206, 304])
    def test_have_the_cache_control_of_the_rule(
        self, functions: Functions, distribution: Distribution, path: str, status: int
    ) -> None:
        response = self.run(functions, distribution, path, status)
        assert response.pop("content-type") == "image/png"
        assert response == {"etag": '"a"', "via": "c", "cache-control": match(path).cache_control}

    @settings(max_examples=300, deadline=None)
    @given(
        status=st.sampled_from([200, 204, 206, 301, 304]),
        kind=st.sampled_from(["", *{mimetype_of(form.id) for form in file_formats.FORMATLIST}, "Image/PNG", "ximage/"])
        | st.text(st.characters(codec="latin-1", categories=["L", "P", "N"])),
    )
    def test_are_downloads_where_the_local_gateway_says_so(
        self, functions: Functions, distribution: Distribution, status: int, kind: str
    ) -> None:
        safety = match(FILE).safety
        assert safety
        disposition = self.run(functions, distribution, FILE, status, kind).get("content-disposition")
        assert disposition == safety.of(status, kind).get("content-disposition")

    def test_that_are_errors_have_none(self, functions: Functions, distribution: Distribution) -> None:
        assert "cache-control" not in self.run(functions, distribution, FILE, 301)
