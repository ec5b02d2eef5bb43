"""The gateway's origin for the API: calls the Chalice app as API Gateway and Lambda do, with their limits."""

import asyncio
import gzip
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from chalicelib.http.conditional import accepts_gzip
from infra.local.edge import access_log
from infra.local.edge.chalice_threads import with_requests_per_thread
from infra.local.edge.events import (
    MAX_BODY,
    LambdaContext,
    Request,
    RouteTable,
    api_gateway_event,
    exceeds_payload_limit,
    response_of,
)
from infra.local.edge.responses import Receive, Response, Scope, problem
from infra.routes import Origin

TIMEOUT = 29.0  # seconds, API Gateway's
THREADS = 8
COMPRESS_FROM = 1000  # bytes, CloudFront's
LEVEL = 1  # the fastest; CloudFront does not document its own
body_too_large = partial(problem, 413, "Request too large", "API Gateway accepts at most 10 MB.")
event_too_large = partial(problem, 413, "Request too large", "Lambda accepts at most 6 MB, binary bodies as base64.")
result_too_large = partial(problem, 502, "Response too large", "Lambda returns at most 6 MB.")
COMPRESSIBLE = ("application/json", "application/javascript", "application/xml", "image/svg+xml", "text/")


class Api:
    """Answers requests by calling a Chalice app as Lambda does, in threads.

    `origin_secret` is sent to the app in X-Front-Key, as CloudFront does, whatever the client sends there.
    """

    def __init__(self, app: Any, timeout: float = TIMEOUT, threads: int = THREADS, origin_secret: str = "") -> None:
        self._app = with_requests_per_thread(app)
        self._table = RouteTable(app.routes)
        self._timeout = timeout
        self._origin_secret = origin_secret
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="api")

    async def close(self) -> None:
        """Accept no more requests; those in progress end by themselves."""
        self._threads.shutdown(wait=False)

    async def answer(self, request: Request, origin: Origin) -> Response:
        """The app's response, or an error of API Gateway or Lambda; never raises."""
        started = time.perf_counter()
        response = await self._answer(request, origin)
        access_log.write(request, response, time.perf_counter() - started)
        return response

    async def _answer(self, request: Request, origin: Origin) -> Response:
        if len(request.body) > MAX_BODY:
            return body_too_large()
        found = self._table.find(request.path)
        if not found:
            return problem(404, "Not found", f"There is nothing at {request.path}.")
        method = self._method(found[0], request.method)
        if not method:
            return self._no_method(found[0], request.method)
        event = api_gateway_event(self._with_secret(request), *found)
        event["httpMethod"] = event["requestContext"]["httpMethod"] = method
        if exceeds_payload_limit(event):
            return event_too_large()
        call = asyncio.get_running_loop().run_in_executor(self._threads, self._invoke, event, origin)
        try:
            return await asyncio.wait_for(call, self._timeout)
        except TimeoutError:
            return problem(504, "Timeout", f"No answer within {self._timeout:g} seconds.")

    def _with_secret(self, request: Request) -> Request:
        if not self._origin_secret:
            return request
        others = [pair for pair in request.headers if pair[0] != "x-front-key"]
        return replace(request, headers=[*others, ("x-front-key", self._origin_secret)])

    def _method(self, resource: str, method: str) -> str | None:
        """The method of the view to call; HEAD is answered by GET."""
        views = self._app.routes[resource]
        if method == "HEAD" and method not in views:
            method = "GET"
        return method if method in views else None

    def _no_method(self, resource: str, method: str) -> Response:
        """405, or the response to a browser's preflight if a view allows other origins."""
        views = self._app.routes[resource]
        allowed = ", ".join(sorted({*views, "OPTIONS"}))
        cors = next((view.cors for view in views.values() if view.cors), None)
        if method == "OPTIONS" and cors:
            headers = {**cors.get_access_control_headers(), "Access-Control-Allow-Methods": allowed}
            return Response(200, b"", [(name.lower(), value) for name, value in headers.items()])
        return problem(405, "Method not allowed", f"{resource} does not support {method}.", {"allow": allowed})

    def _invoke(self, event: dict[str, Any], origin: Origin) -> Response:
        try:
            result = self._app(event, LambdaContext("api", self._timeout))
        except Exception:  # API Gateway answers exceptions with 502
            traceback.print_exc()
            return problem(502, "Bad gateway", "The function failed.")
        if exceeds_payload_limit(result):
            return result_too_large()
        response = response_of(result)
        response.user, response.request_id = access_log.CALLERS.taken()
        if origin.compress:
            compress(response, event["headers"].get("accept-encoding", ""))
        return response


async def read_body(receive: Receive) -> bytes | None:
    """The body, cut off beyond API Gateway's limit; None if the client has disconnected."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= MAX_BODY:
            body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def request_of(scope: Scope, body: bytes, origin: Origin) -> Request:
    """The request as it reaches the origin."""
    path = scope["raw_path"].decode("latin-1")
    pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(
        method=scope["method"],
        path=(path.rstrip("/") or "/") if origin.trim_slash else path,
        query=scope["query_string"].decode("latin-1"),
        headers=[pair for pair in pairs if origin.forwards(pair[0])],
        body=body,
        source_ip=(scope.get("client") or ("127.0.0.1",))[0],
    )


def _is_compressible(response: Response) -> bool:
    """Whether CloudFront would compress it: text from 1 kB (to 10 MB, more than Lambda returns)."""
    headers = dict(response.headers)
    if len(response.body) < COMPRESS_FROM or "content-encoding" in headers:
        return False
    return headers.get("content-type", "").startswith(COMPRESSIBLE)


def compress(response: Response, accepted: str) -> None:
    """Compress as CloudFront does, if the client accepts gzip: a strong ETag becomes a weak one."""
    if not _is_compressible(response):
        return
    response.headers.append(("vary", "Accept-Encoding"))
    if not accepts_gzip(accepted):
        return
    response.body = gzip.compress(response.body, compresslevel=LEVEL, mtime=0)
    response.headers = [
        (name, f"W/{value}" if name == "etag" and value.startswith('"') else value) for name, value in response.headers
    ]
    response.headers.append(("content-encoding", "gzip"))
