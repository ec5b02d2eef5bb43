"""The front's cache: answers of the API that the edge may keep, as CloudFront keeps them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.http.conditional import accepts_gzip, is_current
from infra.local.edge.api import Api, request_of
from infra.local.edge.events import Request
from infra.local.edge.remote_api import RemoteApi
from infra.local.edge.responses import Response, Scope, Send, send_response
from infra.routes import Origin, Route

CACHED_METHODS = ("GET", "HEAD")
ENTRIES = 2000
BYTES = 256 * 1024 * 1024  # of all bodies
LARGEST = 10 * 1024 * 1024  # bytes of one body

_NOT_KEPT = {"private", "no-store", "no-cache"}
_KEPT = {200, 301, 302, 307, 308}  # of what CloudFront keeps, that which the app may answer with

Key = tuple[str, str, bool]  # path, query string, whether gzip is accepted


@dataclass(frozen=True)
class Entry:
    """An answer of the origin, `since` when and `until` when it is fresh, by the edge's clock.

    `renewed`: the origin said only that it still holds.
    """

    response: Response
    since: float
    until: float
    renewed: bool


class Edge:
    """An ASGI part that answers GET and HEAD, from what it keeps or by asking the API once for all who wait.

    It keeps answers and redirects as a `Cache-Control` with `public` and `max-age` allows, for the route's
    `edge_seconds` at most; then it asks with the ETag whether the answer still holds. `X-Cache` tells what happened,
    `Age` how old the answer is.
    """

    def __init__(
        self,
        api: Api | RemoteApi,
        clock: Callable[[], float] = time.monotonic,
        entries: int = ENTRIES,
        size: int = BYTES,
    ) -> None:
        self._api = api
        self._clock = clock
        self._entries = entries
        self._size = size
        self._kept: OrderedDict[Key, Entry] = OrderedDict()  # the least recently used one is first
        self._bytes = 0
        self._calls: dict[Key, asyncio.Task[Entry]] = {}

    async def __call__(self, scope: Scope, send: Send, route: Route) -> None:
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        key = _key(scope, sent)
        entry = self._kept.get(key)
        if entry and self._clock() < entry.until:
            self._kept.move_to_end(key)
            told = [("x-cache", "Hit from edge"), ("age", str(int(self._clock() - entry.since)))]
        else:
            entry = await self._asked(key, entry, scope, route)
            told = [("x-cache", "RefreshHit from edge" if entry.renewed else "Miss from edge")]
        response = _not_modified(entry) if _holds(sent, entry) else entry.response
        await send_response(send, Response(response.status, response.body, response.headers + told))

    async def _asked(self, key: Key, old: Entry | None, scope: Scope, route: Route) -> Entry:
        """What the origin answers now; those who ask for the same thing meanwhile get the same answer."""
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = asyncio.create_task(self._ask(key, old, scope, route))
            call.add_done_callback(lambda _: self._calls.pop(key))
        return await asyncio.shield(call)  # one who leaves does not end it for the others

    async def _ask(self, key: Key, old: Entry | None, scope: Scope, route: Route) -> Entry:
        assert route.origin
        assert route.edge_seconds
        request = _request(key, old, scope, route.origin)
        response = await self._api.answer(request, route.origin)
        renewed = response.status == 304
        if old and renewed:
            headers = _refreshed(old.response.headers, response.headers)
            response = Response(old.response.status, old.response.body, headers)
        response.headers = [pair for pair in response.headers if pair[0] != "set-cookie"]
        now = self._clock()
        fresh = min(_max_age(response), route.edge_seconds)
        entry = Entry(response, now, now + fresh, renewed)
        self._keep(key, entry)
        return entry

    def _keep(self, key: Key, entry: Entry) -> None:
        """Put it in the place of the old one, or nothing; make room."""
        old = self._kept.pop(key, None)
        self._bytes -= len(old.response.body) if old else 0
        if entry.until <= entry.since or len(entry.response.body) > min(LARGEST, self._size):
            return
        self._kept[key] = entry
        self._bytes += len(entry.response.body)
        while len(self._kept) > self._entries or self._bytes > self._size:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.response.body)


def _key(scope: Scope, headers: dict[str, str]) -> Key:
    path = scope["raw_path"].decode("latin-1").rstrip("/")
    return path, scope["query_string"].decode("latin-1"), accepts_gzip(headers.get("accept-encoding", ""))


def _request(key: Key, old: Entry | None, scope: Scope, origin: Origin) -> Request:
    """A GET that depends on the key alone, with the ETag of what is there already."""
    request = request_of(scope, b"", origin)
    headers = [*request.headers]
    if key[2]:
        headers.append(("accept-encoding", "gzip"))
    if old and (tag := _header(old.response, "etag")):
        headers.append(("if-none-match", tag))
    return replace(request, method="GET", headers=headers)


def _refreshed(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Stored headers with those that a 304 renews; it says nothing about the body or its tag."""
    renewed = [(name, value) for name, value in new if name != "etag" and not name.startswith("content-")]
    names = {name for name, _ in renewed}
    return [pair for pair in old if pair[0] not in names] + renewed


def _header(response: Response, name: str) -> str:
    """The value of a header, empty where there is none."""
    return next((value for header, value in response.headers if header == name), "")


def _max_age(response: Response) -> int:
    """For how many seconds all may keep it; 0 where they may not."""
    if response.status not in _KEPT:
        return 0
    directives = [part.strip().lower().partition("=") for part in _header(response, "cache-control").split(",")]
    said = {name: value for name, _, value in directives}
    age = said.get("max-age", "")
    return int(age) if "public" in said and not _NOT_KEPT & said.keys() and age.isdecimal() else 0


def _holds(headers: dict[str, str], entry: Entry) -> bool:
    """Whether the asker's copy is the one that would be sent."""
    told = (_header(entry.response, name) for name in ("etag", "last-modified"))
    return entry.response.status in _KEPT and is_current(headers, *told)


def _not_modified(entry: Entry) -> Response:
    return Response(304, b"", [pair for pair in entry.response.headers if not pair[0].startswith("content-")])
