"""The gateway with a deployed API as origin: requests to API Gateway, and its responses."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.edge import origin_access, remote_api
from infra.local.edge.content import Content
from infra.local.edge.gateway import Gateway
from infra.local.edge.remote_api import RemoteApi
from infra.local.edge.responses import Response, send_response
from tests.infra.local.edge.fakes import served

LETTERS = b"x" * 2000


class ApiGateway:
    """Records the last request, and answers by its path."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.seen = {
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": [(name.decode(), value.decode()) for name, value in scope["headers"]],
            "body": (await receive())["body"],
        }
        await send_response(send, await self.answer(scope["path"].rpartition("/")[2]))

    async def answer(self, name: str) -> Response:
        match name:
            case "slow":
                await asyncio.sleep(1)
            case "broken":
                return Response(502, b'{"message": "Internal server error"}')
            case "large":
                return Response(200, b"x" * (6 * 1024 * 1024 + 1))
        headers = [("content-type", "text/plain"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("etag", '"x"')]
        return Response(201, LETTERS, headers)


@pytest.fixture(scope="module")
def behind() -> ApiGateway:
    return ApiGateway()


@pytest.fixture(scope="module")
def host(behind: ApiGateway) -> Iterator[httpx.Client]:
    with served(behind) as url:
        address = url.removeprefix("http://")
        secrets = {"x-front-key": "secret", "x-api-key": "key"}
        gateway = Gateway(Content(url, "bucket"), RemoteApi(address, "abc", "api", secrets))
        with served(gateway) as front_url, httpx.Client(base_url=front_url) as client:
            yield client


def values(behind: ApiGateway, name: str) -> list[str]:
    return [value for header, value in behind.seen["headers"] if header == name]


def test_a_request_reaches_the_stage_as_it_was_sent(host: httpx.Client, behind: ApiGateway) -> None:
    host.post("/api/a%2Fb/?c=%20d&c=e", content=b"body", headers={"Authorization": "Token 0", "Cookie": "f=g"})
    assert (behind.seen["path"], behind.seen["query"]) == ("/api/api/a%2Fb", "c=%20d&c=e")
    assert behind.seen["body"] == b"body"
    assert (values(behind, "authorization"), values(behind, "cookie")) == (["Token 0"], ["f=g"])
    assert values(behind, "host") == ["abc.execute-api.localhost"]


def test_it_sends_the_clients_address_and_the_secret(host: httpx.Client, behind: ApiGateway) -> None:
    host.get("/api/thing", headers={"X-Front-Key": "guess", "X-Forwarded-For": "198.51.100.7"})
    assert values(behind, "x-front-key") == ["secret"]
    assert values(behind, "x-api-key") == ["key"]
    assert values(behind, "x-forwarded-for") == ["198.51.100.7, 127.0.0.1, 192.0.2.1"]


def test_the_response_is_whole_and_compressed(host: httpx.Client) -> None:
    answer = host.get("/api/thing", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (201, LETTERS)
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (answer.headers["content-encoding"], answer.headers["etag"]) == ("gzip", 'W/"x"')
    assert len(answer.headers.get_list("date")) == 1


@pytest.mark.parametrize(("name", "error"), [("broken", "Bad gateway"), ("large", "Response too large")])
def test_responses_that_lambda_cannot_return_are_502(host: httpx.Client, name: str, error: str) -> None:
    answer = host.get(f"/api/{name}")
    assert (answer.status_code, answer.json()["error"]) == (502, error)


@pytest.mark.parametrize("megabytes", [6, 10])
def test_requests_beyond_the_limits_are_413(host: httpx.Client, behind: ApiGateway, megabytes: int) -> None:
    behind.seen.clear()
    answer = host.post("/api/thing", content=b"x" * (megabytes * 1024 * 1024 + 1))
    assert (answer.status_code, behind.seen) == (413, {})


def test_a_slow_api_is_a_timeout(host: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_api, "TIMEOUT", 0.2)
    answer = host.get("/api/slow")
    assert (answer.status_code, answer.json()["error"]) == (504, "Timeout")


def test_the_gateway_reads_the_bucket_with_cloudfronts_permissions() -> None:
    own = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/content/*"}
    cloudfront = {"Principal": {"Service": "cloudfront.amazonaws.com"}, "Condition": {"StringEquals": {"a": "b"}}}
    others = [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, own | {"Effect": "Deny"}]
    policy = {"Statement": [own | cloudfront, others[0], others[1] | cloudfront]}
    assert origin_access.statements(policy) == [own]


def test_the_gateway_signs_reads_only(behind: ApiGateway) -> None:
    with served(behind) as url:
        content = Content(url, "bucket", origin_access.signer(url, "key:secret"))
        gateway = Gateway(content, RemoteApi(url.removeprefix("http://"), "abc", "api", {}))
        with served(gateway) as front_url:
            httpx.get(f"{front_url}/content/storage/0/0/x.pdf", headers={"Authorization": "Token 0"})
            assert values(behind, "authorization")[0].startswith("AWS4-HMAC-SHA256 Credential=key/")
            httpx.put(f"{front_url}/content/storage/0/0/x.pdf?X-Amz-Signature=0", content=b"x")
            assert values(behind, "authorization") == []
