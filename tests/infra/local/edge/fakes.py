"""A small Chalice app and a server for ASGI applications, for tests of the gateway."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalice.app import Chalice, CORSConfig, Response

from infra.local.checks import listen
from infra.local.edge import gateway
from tests.support.existing import existing

ANY = ["application/json", "application/octet-stream", "multipart/form-data", "text/plain"]


def make_app() -> Any:
    """An app that returns its request, returns a given size, sleeps or fails."""
    app = Chalice(app_name="fake")

    def echo() -> dict[str, Any]:
        request = existing(app.current_request)
        event = request.to_original_event()
        names = ("path", "resource", "httpMethod", "multiValueQueryStringParameters", "isBase64Encoded")
        return {name: event[name] for name in names} | {
            "headers": dict(request.headers),
            "size": len(request.raw_body),
            "parameters": request.uri_params,
        }

    @app.route("/")
    def root() -> dict[str, Any]:
        return echo()

    @app.route("/api/thing", methods=["GET", "POST"], content_types=ANY)
    def things() -> dict[str, Any]:
        return echo()

    @app.route("/api/thing/{thing_id}", methods=["GET", "DELETE"])
    def thing(thing_id: str) -> dict[str, Any]:
        return echo() | {"thing_id": thing_id}

    @app.route("/api/open", methods=["PUT"], cors=CORSConfig(allow_origin="https://studio.example.org"))
    def open_to_others() -> dict[str, Any]:
        return {}

    @app.route("/api/letters/{count}")
    def letters(count: str) -> Any:
        headers: dict[str, str | list[str]] = {"Content-Type": "text/plain", "ETag": '"letters"', "X-Twice": ["a", "b"]}
        return Response("x" * int(count), headers=headers)

    @app.route("/api/sleep/{seconds}")
    def sleep(seconds: str) -> dict[str, Any]:
        time.sleep(float(seconds))
        return {"seconds": existing(existing(app.current_request).uri_params)["seconds"]}

    @app.route("/api/fail")
    def fail() -> Any:
        return Response({1, 2, 3})  # not JSON: fails outside of the view

    return app


@contextmanager
def served(application: Any) -> Iterator[str]:
    """The address of an ASGI application, served by uvicorn in a thread."""
    listener = listen(0)
    server = gateway.server(application)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
