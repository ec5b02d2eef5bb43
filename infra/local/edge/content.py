"""The gateway's origin for files: `/content/*` is streamed from and to the bucket, whose keys are the paths."""

from collections.abc import AsyncIterator
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import httpcore

from infra.local.edge.origin_access import Sign
from infra.local.edge.responses import Receive, Response, Scope, Send, problem, send_response
from infra.routes import Origin, Route

TIMEOUTS = {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 60.0}


class ClientGone(Exception):
    """The client closed the connection before it had sent the whole body."""


class Content:
    """An ASGI part that answers from `bucket` at the S3 `endpoint`, path style.

    The Host header is the endpoint's, as behind CloudFront, so that signatures for `<endpoint>/<bucket>/<key>` are
    valid. Reads are signed with `sign`, if given. S3's XML errors become the API's JSON with the same status.
    """

    def __init__(self, endpoint: str, bucket: str, sign: Sign | None = None) -> None:
        parts = urlsplit(endpoint)
        self._host = parts.netloc.encode()
        self._origin = (parts.scheme.encode(), (parts.hostname or "").encode(), parts.port)
        self._bucket = bucket.encode()
        self._sign = sign
        self._pool = httpcore.AsyncConnectionPool(max_connections=64, keepalive_expiry=20)

    async def close(self) -> None:
        """Close the connections to S3."""
        await self._pool.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send, route: Route) -> None:
        refusal = _refusal(scope)
        if refusal or route.origin is None:
            await send_response(send, refusal or _missing(scope))
            return
        try:
            await self._pass_on(scope, receive, send, route, route.origin)
        except ClientGone:
            return

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, route: Route, origin: Origin) -> None:
        upload = scope["method"] == "PUT"
        query = scope["query_string"] if upload else b""  # a GET's could request more than the object from S3
        target = b"/" + self._bucket + scope["raw_path"] + (b"?" + query if query else b"")
        headers = [(b"Host", self._host)]
        headers += [(name, value) for name, value in scope["headers"] if origin.forwards(name.decode("latin-1"))]
        if self._sign and scope["method"] in ("GET", "HEAD"):
            headers += self._sign(scope["method"], target.decode("latin-1"))
        request = httpcore.Request(
            scope["method"],
            httpcore.URL(scheme=self._origin[0], host=self._origin[1], port=self._origin[2], target=target),
            headers=headers,
            content=_body(receive) if upload else None,
            extensions={"timeout": TIMEOUTS},
        )
        try:
            answer = await self._pool.handle_async_request(request)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            await send_response(send, problem(502, "Bad gateway", f"S3 does not answer: {error}"))
            return
        try:
            if answer.status >= 400:
                await send_response(send, _error(answer, await answer.aread(), scope))
            else:
                await _stream(send, answer, route, origin)
        finally:
            await answer.aclose()


def _refusal(scope: Scope) -> Response | None:
    """The response to a request that is not even sent to S3."""
    segments = unquote_to_bytes(scope["raw_path"]).split(b"/")[1:]
    if any(segment in (b"", b".", b"..") for segment in segments):
        return _missing(scope)
    if scope["method"] != "PUT":
        return None
    if not _is_signed(scope["query_string"]):
        return problem(403, "Forbidden", "An upload requires the URL that /api/file/upload_url returns.")
    if not any(name == b"content-length" for name, _ in scope["headers"]):
        return problem(411, "Length required", "An upload requires a Content-Length.")
    return None


def _is_signed(query: bytes) -> bool:
    pairs = (part.partition(b"=") for part in query.split(b"&"))
    return bool(next((value for name, _, value in pairs if name == b"X-Amz-Signature"), b""))


def _missing(scope: Scope) -> Response:
    return problem(404, "Not found", f"There is no file at {scope['path']}.")


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


async def _stream(send: Send, answer: httpcore.Response, route: Route, origin: Origin) -> None:
    headers = [
        (name.lower(), value) for name, value in answer.headers if origin.returns(name.lower().decode("latin-1"))
    ]
    if route.cache_control and answer.status in (200, 206, 304):
        headers.append((b"cache-control", route.cache_control.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    async for chunk in answer.aiter_stream():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _error(answer: httpcore.Response, body: bytes, scope: Scope) -> Response:
    if answer.status == 404:
        return _missing(scope)
    code, detail = "Refused by S3", ""
    if body.startswith(b"<?xml"):
        error = ElementTree.fromstring(body)  # noqa: S314 - from our own S3
        code, detail = error.findtext("Code") or code, error.findtext("Message") or detail
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in answer.headers
        if name.lower() == b"content-range"
    }
    return problem(answer.status, code, detail, headers)
