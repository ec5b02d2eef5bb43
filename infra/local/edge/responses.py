"""Whole HTTP responses of the gateway, and sending them by ASGI."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from infra.routes import Safety

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
    user: str = ""  # id of the signed-in user, for the access log
    request_id: str = ""  # for the access log


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


def with_safety(send: Send, safety: Safety) -> Send:
    """`send` for responses that may contain a user's file: replaces the headers that protect browsers from it."""

    async def send_safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent = dict(message["headers"])
            own = safety.of(message["status"], sent.get(b"content-type", b"").decode("latin-1"))
            added = [(name.encode(), value.encode()) for name, value in own.items()]
            kept = [pair for pair in message["headers"] if pair[0] not in dict(added)]
            message = {**message, "headers": kept + added}
        await send(message)

    return send_safely
