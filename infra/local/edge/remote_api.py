"""The front's way to a deployed API: by HTTP to ministack's API Gateway, which calls the functions of the zip.

What ministack leaves out is kept here, as `api` does it: the limits of API Gateway and Lambda, and 504 after 29
seconds. Where ministack differs from AWS all the same: it gives functions the path's parameters percent-decoded (AWS
leaves them encoded, as the app expects), and every request that finds no idle process of the function starts one,
which takes two seconds of a processor; so only some requests are let through at once, the others wait.
"""

import asyncio
import time

import httpcore

from infra.local.edge.api import (
    TIMEOUT,
    body_too_large,
    compress,
    event_too_large,
    log,
    result_too_large,
)
from infra.local.edge.events import BODY_LIMIT, FRONT, Request, api_gateway_event, exceeds_payload_limit
from infra.local.edge.responses import Response, problem
from infra.routes import Origin

AT_ONCE = 4  # requests
KEY_HEADER = "x-front-key"
_OWN = {"host", "connection", "content-length", "transfer-encoding", "expect", "x-forwarded-for", KEY_HEADER}
_NOT_PASSED = {"connection", "content-length", "transfer-encoding", "date", "server"}


class RemoteApi:
    """Answers what the front asks from the stage `stage` of the REST API `rest_api` of the ministack at `address`.

    `address` is host and port. `front_key` tells the API that a request has come by the front, whatever the client
    says in that header.
    """

    def __init__(self, address: str, rest_api: str, stage: str, front_key: str) -> None:
        host, _, port = address.rpartition(":")
        self._origin = (b"http", host.encode(), int(port))
        self._host = f"{rest_api}.execute-api.localhost"
        self._stage = stage
        self._front_key = front_key
        self._pool = httpcore.AsyncConnectionPool(max_connections=AT_ONCE, keepalive_expiry=20)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Close the connections to API Gateway."""
        await self._pool.aclose()

    async def answer(self, request: Request, origin: Origin) -> Response:
        """The API's response, or what API Gateway and Lambda say instead of it; never raises."""
        started = time.perf_counter()
        response = await self._answer(request)
        if origin.compress:
            compress(response, dict(request.headers).get("accept-encoding", ""))
        log(request, response, time.perf_counter() - started)
        return response

    async def _answer(self, request: Request) -> Response:
        if len(request.body) > BODY_LIMIT:
            return body_too_large()
        if exceeds_payload_limit(api_gateway_event(request, request.path, {})):
            return event_too_large()
        async with self._room:
            try:
                response = await asyncio.wait_for(self._asked(request), TIMEOUT)
            except TimeoutError:
                return problem(504, "Timeout", f"No answer within {TIMEOUT:g} seconds.")
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                return problem(502, "Bad gateway", f"API Gateway does not answer: {error}")
        if exceeds_payload_limit({"body": response.body.decode(errors="replace")}):
            return result_too_large()
        return response

    async def _asked(self, request: Request) -> Response:
        target = f"/{self._stage}{request.path}" + (f"?{request.query}" if request.query else "")
        answer = await self._pool.request(
            request.method,
            httpcore.URL(
                scheme=self._origin[0], host=self._origin[1], port=self._origin[2], target=target.encode("latin-1")
            ),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._headers(request)],
            content=request.body,
        )
        if answer.status == 502:  # never the app's; ministack says it in other words than the template
            return problem(502, "Bad gateway", "The function failed.")
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers]
        return Response(answer.status, answer.content, [pair for pair in headers if pair[0] not in _NOT_PASSED])

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        """What CloudFront and API Gateway tell a function: who has asked is at the end of X-Forwarded-For."""
        passed = [pair for pair in request.headers if pair[0] not in _OWN]
        senders = [value for name, value in request.headers if name == "x-forwarded-for"]
        forwarded = ", ".join([*senders, request.source_ip, FRONT])
        own = [("host", self._host), ("x-forwarded-for", forwarded), ("content-length", str(len(request.body)))]
        return [*passed, *own, *([(KEY_HEADER, self._front_key)] if self._front_key else [])]
