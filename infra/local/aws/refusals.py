"""Requests that S3 refuses but ministack accepts: with two kinds of authentication, or with one unknown to S3.

AWS refuses a client that sends its API token to S3 with a presigned URL, so the CDN has to remove the token.
"""

from collections.abc import MutableMapping
from typing import Any

TWICE = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified"
)
UNKNOWN = "Unsupported Authorization Type"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidArgument</Code><Message>{}</Message></Error>'


def refusal(scope: MutableMapping[str, Any]) -> bytes | None:
    """The body of S3's 400, None for a valid request. API Gateway accepts any authentication."""
    headers = dict(scope["headers"])
    authorization = headers.get(b"authorization", b"")
    if not authorization or b".execute-api." in headers.get(b"host", b""):
        return None
    if b"X-Amz-Signature=" in scope["query_string"]:
        return _XML.format(TWICE).encode()
    return None if authorization.startswith((b"AWS4-", b"AWS ")) else _XML.format(UNKNOWN).encode()


async def send_refusal(send: Any, body: bytes) -> None:
    """Answer with it."""
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
