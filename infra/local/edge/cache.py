"""The edge cache: caches responses of the API as CloudFront does."""

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
MAX_ENTRIES = 2000
MAX_BYTES = 256 * 1024 * 1024  # of all bodies
MAX_ENTRY_BYTES = 10 * 1024 * 1024  # bytes of one body

_UNCACHEABLE = {"private", "no-store", "no-cache"}
_CACHEABLE_STATUSES = {200, 301, 302, 307, 308}  # of those that CloudFront caches, the ones that the app uses

Key = tuple[str, str, bool]  # path, query string, whether gzip is accepted


@dataclass(frozen=True)
class Entry:
    """A response of the origin, fresh from `since` to `until` by the edge's clock.

    `renewed`: it was revalidated by a 304.
    """

    response: Response
    since: float
    until: float
    renewed: bool


class Edge:
    """An ASGI part that answers GET and HEAD from its cache, or by one request to the API for all waiting clients.

    It caches responses and redirects as a `Cache-Control` with `public` and `max-age` allows, for at most the route's
    `edge_seconds`, and revalidates them with the ETag afterwards. `X-Cache` says what happened, `Age` how old the
    response is.
    """

    def __init__(
        self,
        api: Api | RemoteApi,
        clock: Callable[[], float] = time.monotonic,
        entries: int = MAX_ENTRIES,
        size: int = MAX_BYTES,
    ) -> None:
        self._api = api
        self._clock = clock
        self._entries = entries
        self._size = size
        self._cached: OrderedDict[Key, Entry] = OrderedDict()  # the least recently used one is first
        self._bytes = 0
        self._calls: dict[Key, asyncio.Task[Entry]] = {}

    async def __call__(self, scope: Scope, send: Send, route: Route) -> None:
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        key = _key(scope, sent)
        entry = self._cached.get(key)
        if entry and self._clock() < entry.until:
            self._cached.move_to_end(key)
            status = [("x-cache", "Hit from edge"), ("age", str(int(self._clock() - entry.since)))]
        else:
            entry = await self._fetch_shared(key, entry, scope, route)
            status = [("x-cache", "RefreshHit from edge" if entry.renewed else "Miss from edge")]
        response = _not_modified(entry) if _is_current(sent, entry) else entry.response
        await send_response(send, Response(response.status, response.body, response.headers + status))

    async def _fetch_shared(self, key: Key, old: Entry | None, scope: Scope, route: Route) -> Entry:
        """The origin's current response; concurrent requests for the same key share it."""
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = asyncio.create_task(self._fetch(key, old, scope, route))
            call.add_done_callback(lambda _: self._calls.pop(key))
        return await asyncio.shield(call)  # a client that disconnects does not end it for others

    async def _fetch(self, key: Key, old: Entry | None, scope: Scope, route: Route) -> Entry:
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
        self._store(key, entry)
        return entry

    def _store(self, key: Key, entry: Entry) -> None:
        """Replace the old entry, or remove it if the new one must not be cached; evict the least recently used."""
        old = self._cached.pop(key, None)
        self._bytes -= len(old.response.body) if old else 0
        if entry.until <= entry.since or len(entry.response.body) > min(MAX_ENTRY_BYTES, self._size):
            return
        self._cached[key] = entry
        self._bytes += len(entry.response.body)
        while len(self._cached) > self._entries or self._bytes > self._size:
            _, oldest = self._cached.popitem(last=False)
            self._bytes -= len(oldest.response.body)


def _key(scope: Scope, headers: dict[str, str]) -> Key:
    path = scope["raw_path"].decode("latin-1").rstrip("/")
    return path, scope["query_string"].decode("latin-1"), accepts_gzip(headers.get("accept-encoding", ""))


def _request(key: Key, old: Entry | None, scope: Scope, origin: Origin) -> Request:
    """A GET that depends on the key alone, with the ETag of the cached response."""
    request = request_of(scope, b"", origin)
    headers = [*request.headers]
    if key[2]:
        headers.append(("accept-encoding", "gzip"))
    if old and (tag := _header(old.response, "etag")):
        headers.append(("if-none-match", tag))
    return replace(request, method="GET", headers=headers)


def _refreshed(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cached headers updated by those of a 304, except for the headers of the body and its ETag."""
    renewed = [(name, value) for name, value in new if name != "etag" and not name.startswith("content-")]
    names = {name for name, _ in renewed}
    return [pair for pair in old if pair[0] not in names] + renewed


def _header(response: Response, name: str) -> str:
    """The value of a header, empty if there is none."""
    return next((value for header, value in response.headers if header == name), "")


def _max_age(response: Response) -> int:
    """For how many seconds shared caches may store it; 0 if they may not."""
    if response.status not in _CACHEABLE_STATUSES:
        return 0
    directives = [part.strip().lower().partition("=") for part in _header(response, "cache-control").split(",")]
    values = {name: value for name, _, value in directives}
    age = values.get("max-age", "")
    return int(age) if "public" in values and not _UNCACHEABLE & values.keys() and age.isdecimal() else 0


def _is_current(headers: dict[str, str], entry: Entry) -> bool:
    """Whether the client's copy is the current one."""
    validators = (_header(entry.response, name) for name in ("etag", "last-modified"))
    return entry.response.status in _CACHEABLE_STATUSES and is_current(headers, *validators)


def _not_modified(entry: Entry) -> Response:
    return Response(304, b"", [pair for pair in entry.response.headers if not pair[0].startswith("content-")])
