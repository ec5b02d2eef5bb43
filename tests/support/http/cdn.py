"""The application behind the local CDN, called over HTTP without a network."""

import asyncio
from dataclasses import replace
from functools import cache
from typing import Any

import httpcore
import httpx
import pytest

import app as application
from chalicelib.config import settings
from infra.local.edge.api import Api
from infra.local.edge.cache import Edge
from infra.local.edge.content import Content
from infra.local.edge.gateway import Gateway


@cache
def _api() -> Api:
    return Api(application.app)


@cache
def gateway() -> httpx.ASGITransport:
    """The whole host; its S3 is not reachable."""
    return httpx.ASGITransport(Gateway(Content("http://127.0.0.1:9", "bucket"), _api()))


def gateway_to(s3: Any, bucket: str) -> httpx.ASGITransport:
    """The whole host with its own cache, in which nothing expires. It reads the bucket with the client `s3`."""
    content = Content("http://127.0.0.1:9", bucket)
    content._pool = _Objects(s3, bucket)
    return httpx.ASGITransport(Gateway(content, _api(), Edge(_api(), lambda: 0.0)))


class _Objects(httpcore.AsyncConnectionPool):
    """Connections without a network; a GET returns the object."""

    def __init__(self, s3: Any, bucket: str) -> None:
        super().__init__()
        self._objects = (s3, bucket)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        s3, bucket = self._objects
        found = s3.get_object(Bucket=bucket, Key=request.url.target.decode().removeprefix(f"/{bucket}/"))
        headers = found["ResponseMetadata"]["HTTPHeaders"]
        return httpcore.Response(200, headers=list(headers.items()), content=found["Body"].read())


def require_origin_secret(monkeypatch: pytest.MonkeyPatch, secrets: str) -> None:
    """Let the application accept only requests with one of these comma-separated origin secrets."""
    changed = replace(settings(), origin_secret=secrets)
    monkeypatch.setattr("chalicelib.http.origin.settings", lambda: changed)


def send(method: str, path: str, transport: httpx.ASGITransport | None = None, **options: Any) -> httpx.Response:
    """Send one request to the host."""

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport or gateway(), base_url="http://front.example.org") as client:
            return await client.request(method, path, **options)

    return asyncio.run(request())
