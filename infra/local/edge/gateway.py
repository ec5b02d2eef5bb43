"""The gateway of the local stack: one host for content and API, with the rules of `infra/routes.json`.

`python -m infra.local.edge.gateway FD` serves it on the listening socket FD, for the app in the working directory, or
for the deployed one that `REST_API` names (see `deployed`).
"""

import importlib
import os
import socket
import sys
from typing import Any

import uvicorn

from infra import routes
from infra.local import lifeline
from infra.local.aws import call_counter
from infra.local.edge import access_log, mailbox, origin_access
from infra.local.edge.api import Api, read_body, request_of
from infra.local.edge.cache import CACHED_METHODS, Edge
from infra.local.edge.content import Content
from infra.local.edge.mailbox import Mailbox
from infra.local.edge.remote_api import RemoteApi
from infra.local.edge.responses import Receive, Scope, Send, problem, send_response, with_safety

STAGE = "api"  # of the deployed REST API


class Gateway:
    """The ASGI application: checks the method, then passes the request to the route's origin."""

    def __init__(
        self, content: Content, api: Api | RemoteApi, edge: Edge | None = None, mailbox: Mailbox | None = None
    ) -> None:
        self._content = content
        self._api = api
        self._mailbox = mailbox
        self._edge = edge or Edge(api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._mailbox and scope["path"].startswith(mailbox.PATH.rstrip("/")):
            await send_response(send, await self._mailbox.answer(scope["method"], scope["path"]))
            return
        route = routes.match(scope["raw_path"].decode("latin-1"))
        if route.safety:
            send = with_safety(send, route.safety)
        allowed = route.methods | route.signed_methods
        if scope["method"] not in allowed:
            detail = f"{scope['path']} does not support {scope['method']}."
            headers = {"allow": ", ".join(sorted(allowed))}
            await send_response(send, problem(405, "Method not allowed", detail, headers))
        elif route.edge_seconds and scope["method"] in CACHED_METHODS:
            await self._edge(scope, send, route)
        elif route.origin is not None and route.origin.name == "api":
            body = await read_body(receive)
            if body is not None:
                await send_response(send, await self._api.answer(request_of(scope, body, route.origin), route.origin))
        else:
            await self._content(scope, receive, send, route)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._content.close()
        await self._api.close()
        if self._mailbox:
            await self._mailbox.close()
        await send({"type": "lifespan.shutdown.complete"})


def server(application: Any) -> uvicorn.Server:
    """A uvicorn server for an application; the caller passes it the socket."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            loop="uvloop",
            http="httptools",
            lifespan="auto",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,  # the client's address is that of the connection, not X-Forwarded-For
            timeout_keep_alive=60,
            timeout_graceful_shutdown=5,
        )
    )


def main() -> None:
    """Serve until the parent stops it or ends."""
    lifeline.hold()
    lifeline.show_errors()
    call_counter.begin()
    listener = socket.socket(fileno=int(sys.argv[1]))
    server(_deployed() if "REST_API" in os.environ else _local()).run(sockets=[listener])


def _local() -> Gateway:
    content = Content(os.environ["AWS_ENDPOINT_URL"], os.environ["BUCKET"])
    access_log.install()
    api = Api(importlib.import_module("app").app, origin_secret=os.environ.get("FRONT_KEY", ""))
    return Gateway(content, api, mailbox=Mailbox(os.environ["AWS_ENDPOINT_URL"]))


def _deployed() -> Gateway:
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    content = Content(endpoint, os.environ["BUCKET"], origin_access.signer(endpoint, os.environ["BUCKET_READER"]))
    address = endpoint.removeprefix("http://")
    secrets = {"x-front-key": os.environ["FRONT_KEY"], "x-api-key": os.environ["API_KEY"]}
    remote = RemoteApi(address, os.environ["REST_API"], STAGE, secrets)
    return Gateway(content, remote, mailbox=Mailbox(endpoint))


if __name__ == "__main__":
    main()
