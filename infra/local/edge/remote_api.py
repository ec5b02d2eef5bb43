"""The gateway's origin for a deployed API: HTTP to ministack's API Gateway, which calls the functions of the zip.

This adds what ministack lacks, like `api`: the limits of API Gateway and Lambda, and 504 after 29 seconds. ministack
still differs from AWS: it passes path parameters percent-decoded (AWS leaves them encoded, as the app expects), and
every request that finds no idle process of the function starts one, which takes two seconds of processor time. So only
some requests are passed on concurrently, and the others wait.
"""

import asyncio
import time
from collections.abc import Mapping

import httpcore

from infra.local.edge import access_log
from infra.local.edge.api import (
    TIMEOUT,
    body_too_large,
    compress,
    event_too_large,
    result_too_large,
)
from infra.local.edge.events import CLOUDFRONT_ADDRESS, MAX_BODY, Request, api_gateway_event, exceeds_payload_limit
from infra.local.edge.responses import Response, problem
from infra.routes import Origin

MAX_CONCURRENT = 4  # requests
_OWN = {"host", "connection", "content-length", "transfer-encoding", "expect", "x-forwarded-for"}
_NOT_PASSED = {"connection", "content-length", "transfer-encoding", "date", "server"}


class RemoteApi:
    """Answers requests from the stage `stage` of the REST API `rest_api` of the ministack at `address`.

    `address` is host and port. `secrets` are headers that show the API that a request comes through the CDN; they
    replace whatever the client sends in them.
    """

    def __init__(self, address: str, rest_api: str, stage: str, secrets: Mapping[str, str]) -> None:
        host, _, port = address.rpartition(":")
        self._origin = (b"http", host.encode(), int(port))
        self._host = f"{rest_api}.execute-api.localhost"
        self._stage = stage
        self._secrets = dict(secrets)
        self._pool = httpcore.AsyncConnectionPool(max_connections=MAX_CONCURRENT, keepalive_expiry=20)
        self._room = asyncio.Semaphore(MAX_CONCURRENT)

    async def close(self) -> None:
        """Close the connections to API Gateway."""
        await self._pool.aclose()

    async def answer(self, request: Request, origin: Origin) -> Response:
        """The API's response, or an error of API Gateway or Lambda; never raises."""
        started = time.perf_counter()
        response = await self._answer(request)
        if origin.compress:
            compress(response, dict(request.headers).get("accept-encoding", ""))
        access_log.write(request, response, time.perf_counter() - started)
        return response

    async def _answer(self, request: Request) -> Response:
        if len(request.body) > MAX_BODY:
            return body_too_large()
        if exceeds_payload_limit(api_gateway_event(request, request.path, {})):
            return event_too_large()
        async with self._room:
            try:
                response = await asyncio.wait_for(self._fetch(request), TIMEOUT)
            except TimeoutError:
                return problem(504, "Timeout", f"No answer within {TIMEOUT:g} seconds.")
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                return problem(502, "Bad gateway", f"API Gateway does not answer: {error}")
        if exceeds_payload_limit({"body": response.body.decode(errors="replace")}):
            return result_too_large()
        return response

    async def _fetch(self, request: Request) -> Response:
        target = f"/{self._stage}{request.path}" + (f"?{request.query}" if request.query else "")
        answer = await self._pool.request(
            request.method,
            httpcore.URL(
                scheme=self._origin[0], host=self._origin[1], port=self._origin[2], target=target.encode("latin-1")
            ),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._headers(request)],
            content=request.body,
        )
        if answer.status == 502:  # never the app's; ministack does not use the template's text for it
            return problem(502, "Bad gateway", "The function failed.")
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers]
        return Response(answer.status, answer.content, [pair for pair in headers if pair[0] not in _NOT_PASSED])

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        """The headers that CloudFront and API Gateway pass on, with the client's address in X-Forwarded-For."""
        passed = [pair for pair in request.headers if pair[0] not in _OWN | self._secrets.keys()]
        senders = [value for name, value in request.headers if name == "x-forwarded-for"]
        forwarded = ", ".join([*senders, request.source_ip, CLOUDFRONT_ADDRESS])
        own = [("host", self._host), ("x-forwarded-for", forwarded), ("content-length", str(len(request.body)))]
        return [*passed, *own, *self._secrets.items()]
