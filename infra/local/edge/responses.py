"""Whole HTTP responses of the gateway, and sending them by ASGI."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass
class Response:
    """A status, headers in lower case, and the whole body."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def problem(status: int, error: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """An error in the API's format: `{"error", "detail"}`."""
    fixed = [("content-type", "application/json"), ("cache-control", "no-store")]
    body = json.dumps({"error": error, "detail": detail}, ensure_ascii=False).encode()
    return Response(status, body, fixed + list((headers or {}).items()))


async def send_response(send: Send, response: Response) -> None:
    """Send a response with its length; the server omits the body of a HEAD."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
