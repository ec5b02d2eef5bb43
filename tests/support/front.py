"""The application behind the gateway that stands before it, asked over HTTP without a network."""

import asyncio
from functools import cache
from typing import Any

import httpx

import app as application
from infra.local.api import Api
from infra.local.content import Content
from infra.local.gateway import Gateway


@cache
def gateway() -> httpx.ASGITransport:
    """The whole host; its S3 is not there."""
    return httpx.ASGITransport(Gateway(Content("http://127.0.0.1:9", "bucket"), Api(application.app)))


def ask(method: str, path: str, **options: Any) -> httpx.Response:
    """One request to the host."""

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=gateway(), base_url="http://front.example.org") as client:
            return await client.request(method, path, **options)

    return asyncio.run(request())
