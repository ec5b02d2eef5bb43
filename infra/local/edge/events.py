"""The events that API Gateway and SQS pass to a Lambda function, made from plain requests and messages."""

import base64
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from infra.local.edge.responses import Response

MAX_PAYLOAD = 6 * 1024 * 1024  # Lambda, bytes of an event or a result as JSON
GREEDY = "/{proxy+}"
MAX_BODY = 10 * 1024 * 1024  # API Gateway, bytes of a request's body
CLOUDFRONT_ADDRESS = "192.0.2.1"


@dataclass
class LambdaContext:
    """The second argument of a Lambda function."""

    function_name: str
    timeout: float = 29.0  # seconds
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1024
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:000000000000:function:studio-local-{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.timeout - (time.monotonic() - self.started)) * 1000))


class RouteTable:
    """Finds the resource of a path as API Gateway does: a literal segment wins over a `{parameter}`, without
    backtracking, and `/{proxy+}` is what is left.

    Raises ValueError for two parameters of different names in one place, which API Gateway refuses to deploy.
    """

    def __init__(self, resources: Iterable[str]) -> None:
        self._root: dict[str, Any] = {}
        self._rest = GREEDY if GREEDY in (given := list(resources)) else ""
        for resource in given:
            if resource != GREEDY:
                self._add(resource)

    def _add(self, resource: str) -> None:
        node = self._root
        for segment in resource.strip("/").split("/"):
            if segment.startswith("{"):
                name = segment.strip("{}")
                if node.setdefault("{name}", name) != name:
                    raise ValueError(f"{resource}: this place already has the parameter {{{node['{name}']}}}")
                segment = "{}"
            node = node.setdefault(segment, {})
        node["{resource}"] = resource

    def find(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The resource of a path and its parameters, still percent-encoded as API Gateway leaves them."""
        rest = (self._rest, {"proxy": path.strip("/")}) if self._rest else None
        return self._find(path) or rest

    def _find(self, path: str) -> tuple[str, dict[str, str]] | None:
        node, found = self._root, {}
        for segment in path.strip("/").split("/"):
            if segment in node and not segment.startswith("{"):
                node = node[segment]
            elif segment and "{}" in node:
                found[node["{name}"]] = segment
                node = node["{}"]
            else:
                return None
        return (node["{resource}"], found) if "{resource}" in node else None


@dataclass(frozen=True)
class Request:
    """An HTTP request with its whole body. `path` is percent-encoded, header names are lower case."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    source_ip: str


def api_gateway_event(request: Request, resource: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The REST proxy event (payload version 1.0) of a request.

    `body` is text, or base64 with `isBase64Encoded` for multipart and for anything but UTF-8. CloudFront has added the
    client's address to X-Forwarded-For, and API Gateway that of CloudFront.
    """
    headers = _grouped(
        [*request.headers, ("x-forwarded-for", request.source_ip), ("x-forwarded-for", CLOUDFRONT_ADDRESS)]
    )
    headers["x-forwarded-for"] = [", ".join(headers["x-forwarded-for"])]
    query = _grouped(parse_qsl(request.query, keep_blank_values=True))
    body, encoded = _text(request.body, headers.get("content-type", [""])[-1])
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": request.method,
            "path": request.path,
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": int(time.time() * 1000),
            "accountId": "000000000000",
            "apiId": "local",
            "protocol": "HTTP/1.1",
            "stage": "api",
            "identity": {"sourceIp": request.source_ip, "userAgent": headers.get("user-agent", [None])[-1]},
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _text(body: bytes, content_type: str) -> tuple[str | None, bool]:
    if not body:
        return None, False
    if not content_type.startswith("multipart/"):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def response_of(result: Mapping[str, Any]) -> Response:
    """The HTTP response of a function's proxy result."""
    pairs = list((result.get("headers") or {}).items())
    for name, values in (result.get("multiValueHeaders") or {}).items():
        pairs += [(name, value) for value in values]
    body = result.get("body") or ""
    raw = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    headers = [(name.lower(), str(value)) for name, value in pairs]
    if raw and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))  # API Gateway's default
    return Response(int(result["statusCode"]), raw, headers)


def exceeds_payload_limit(payload: Mapping[str, Any]) -> bool:
    """Whether Lambda would refuse an event or a result because of its size as JSON."""
    if len(payload.get("body") or "") * 6 < MAX_PAYLOAD:  # no character takes more than six bytes
        return False
    return len(json.dumps(payload, ensure_ascii=False).encode()) > MAX_PAYLOAD


def sqs_event(messages: Iterable[Mapping[str, Any]], queue_arn: str) -> dict[str, Any]:
    """The event for a batch of messages of ReceiveMessage."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": dict(message.get("Attributes", {})),
                "messageAttributes": {},
                "md5OfBody": message.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": queue_arn.split(":")[3],
            }
            for message in messages
        ]
    }
