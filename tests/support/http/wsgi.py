"""The application as a WSGI application, in this process, for tools that need one."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from app import app
from infra.local.edge.events import Request, api_gateway_event, response_of
from infra.local.edge.responses import problem
from tests.support.http.client import CONTEXT, TABLE


def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Handle one request, as API Gateway forwards it."""
    path = quote(environ["PATH_INFO"].encode("latin-1")).rstrip("/") or "/"
    found = TABLE.find(path)
    request = Request(
        environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], list(_headers(environ)), _body(environ), "127.0.0.1"
    )
    if found:
        response = response_of(app(api_gateway_event(request, *found), CONTEXT))
    else:
        response = problem(404, "Not found", f"Not found: {path}")
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", response.headers)
    return [response.body]


def _headers(environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").lower(), value
    if environ.get("CONTENT_TYPE"):
        yield "content-type", environ["CONTENT_TYPE"]


def _body(environ: dict[str, Any]) -> bytes:
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
