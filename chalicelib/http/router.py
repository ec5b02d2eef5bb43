"""The router: turns routes declared as data into Chalice views that authenticate, call, serialise and map errors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from chalice.app import Chalice, Response

from chalicelib import errors, telemetry
from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain import jsontext, tokens
from chalicelib.errors import BadRequest, Busy, Forbidden, MethodNotAllowed, NotSignedIn, StudioError, ValidationFailed
from chalicelib.http import inputs, large_responses, origin
from chalicelib.http.conditional import accepts_gzip, http_date, is_current
from chalicelib.http.json_text import JsonText, compact
from chalicelib.identity import csrf, visitors
from chalicelib.identity.authentication import UNSAFE_METHODS, Identity, caller_of
from chalicelib.identity.visitors import Visitor
from chalicelib.rendering.html import Text
from chalicelib.schemas import multipart
from chalicelib.schemas.base import Schema
from chalicelib.schemas.forms import Form
from chalicelib.telemetry import count, log

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
JSON = "application/json"
PUBLIC = "/api/public/"
# As the specification of the public API requires.
CACHED = "public, max-age=300, stale-while-revalidate=100"
NO_STORE = {"Cache-Control": "no-store"}  # for errors: caches may store some of them otherwise

STATUS: dict[type[StudioError], int] = {
    errors.BadRequest: 400,
    errors.ValidationFailed: 400,
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.Superseded: 409,
    errors.QuotaExceeded: 412,
    errors.FilterRequired: 412,
    errors.LimitReached: 429,
    errors.Busy: 503,
    errors.TooManyAttempts: 429,
}


class Access(Enum):
    """Who may call a route at all."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    ADMIN = "administrators"


@dataclass(frozen=True)
class Request:
    """A request, as views get it."""

    method: str
    path: str
    params: dict[str, str]  # of the path, decoded
    query: dict[str, list[str]]
    headers: dict[str, str]  # names in lower case
    body: bytes
    request_id: str
    address: str = ""  # the sender to API Gateway; for views, the client
    origin_secret: str = field(default="", repr=False)  # the value of X-Front-Key
    caller: Identity | None = None
    visitor: Visitor | None = None  # of a page
    routes: "tuple[Route, ...]" = ()  # all routes of the application, for its descriptions

    @property
    def user(self) -> Identity:
        """The caller of a route that requires authentication."""
        if self.caller is None:
            raise NotSignedIn("Authentication credentials were not provided.")
        return self.caller

    @cached_property
    def form(self) -> Form:
        """The body as a form. Raises BadRequest if it is too large."""
        return multipart.any_form(self.headers.get("content-type", ""), self.body)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, whatever its Content-Type; None if it is empty. Raises BadRequest if it is not JSON."""
        if not self.body.strip():
            return None
        try:
            return jsontext.loads(self.body)
        except ValueError as error:
            raise BadRequest(f"The body must be JSON in UTF-8: {error}") from error


@dataclass(frozen=True)
class Reply:
    """A response that is more than a body with status 200. The body is JSON data, a page (`Html`) or other `Text`.

    `changed`, the time of the last change, makes it cacheable by anyone: it gets an ETag, supports conditional requests
    and may have any size.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    changed: datetime | None = None
    cookies: tuple[str, ...] = ()  # values of Set-Cookie


def anyone(_: Request) -> None:
    """The `rights` of a route that all callers who pass its `access` may use."""


@dataclass(frozen=True, eq=False)
class Route:
    """One method of a path. `view` takes a Request and returns JSON data or a Reply.

    The fields after `summary` document the route, and tests check every response against them: the schemas of its query
    and body (any type that pydantic accepts), the type of its response (None if empty) with its status, and further
    successful responses. A route with status 404 declares that its path does not exist.
    """

    method: str
    path: str  # without a trailing slash, parameters in braces
    view: Callable[[Request], Any]
    access: Access
    summary: str
    query: type[Schema] | None = None
    body: Any = None
    answer: Any = None
    status: int = 200
    also: tuple[tuple[int, Any], ...] = ()  # (status, type of the response)
    refusals: tuple[int, ...] = ()  # statuses of errors, in addition to those of all routes of its kind
    description: str = ""  # in Markdown, in addition to the summary
    password_once: bool = False  # also for users who still have to change a one-time password
    # Raises the error for callers who may not do this. Called before a request is refused as malformed: rights come
    # first, and well-formed requests cost no more reads.
    rights: Callable[[Request], object] = anyone
    resource: tuple[Any, ...] = ()  # further types whose names the body may contain
    is_page: bool = False  # for browsers: callers have a session, forms carry its CSRF token, errors are pages


Methods = dict[str, Route]  # of one path
Negotiate = Callable[[Methods, Request, Response], Response]
Find = Callable[[Request], tuple[Methods, Request]]  # also fills in what is known from the path


def mount(app: Chalice, routes: Iterable[Route], negotiate: Negotiate) -> None:
    """Register routes. All methods of a path share one view, so that 405, OPTIONS and HEAD are handled here.

    `negotiate` turns each response into the form that the client prefers: a description or a page.
    """
    by_path = tuple(sorted(routes, key=lambda route: route.path))
    for path, group in groupby(by_path, key=lambda route: route.path):
        _register(app, path, _always({route.method: route for route in group}, by_path), negotiate)


def _always(methods: Methods, routes: tuple[Route, ...]) -> Find:
    return lambda request: (methods, replace(request, routes=routes))


def mount_rest(app: Chalice, find: Find, negotiate: Negotiate) -> None:
    """Register one view for all paths that have no route of their own; `find` returns the methods of such a path."""
    for path in ("/", "/{proxy+}"):  # as API Gateway calls them
        _register(app, path, find, negotiate)


def _register(app: Chalice, path: str, find: Find, negotiate: Negotiate) -> None:
    def view(**params: str) -> Response:
        methods, request = find(_request(app.current_request, params))
        keys = {"request_id": request.request_id, "method": request.method, "path": tokens.masked(request.path)}
        with telemetry.request(**keys, address=request.address, user="") as outcome:
            response = negotiate(methods, request, respond(methods, request))
            outcome["status"] = response.status_code
            return response

    app.route(path, methods=list(METHODS), name=path, content_types=["*/*"])(view)


def _request(event: Any, params: dict[str, str]) -> Request:
    """The request of an event, of API Gateway or of Chalice's local server and test client, which leave parts out."""
    headers = {name.lower(): value for name, value in event.headers.items()}
    context = event.context
    return Request(
        method=event.method,
        # `event.path` is the path of the resource. On API Gateway, the path of the context begins with the stage.
        path=event.to_original_event().get("path") or context["path"],
        params={name: unquote(value) for name, value in params.items()},
        query={name: event.query_params.getlist(name) for name in event.query_params or {}},
        headers=headers,
        body=event.raw_body or b"",
        request_id=context.get("requestId") or event.lambda_context.aws_request_id,
        address=context.get("identity", {}).get("sourceIp", ""),
        origin_secret=headers.pop(origin.HEADER, ""),
    )


def respond(methods: Methods, request: Request) -> Response:
    """The response to a request on a path with these methods; never raises."""
    try:
        reply = _rendered(_call(methods, request), request)
    except StudioError as error:
        reply = _rendered(_error_reply(error, request, methods), request)
    except Exception as error:
        reply = _rendered(_fault_reply(error, request), request)
    body = "" if request.method == "HEAD" else reply.body
    headers: dict[str, str | list[str]] = {"Content-Type": JSON, **reply.headers}
    if reply.cookies:
        headers["Set-Cookie"] = [*reply.cookies]
    return Response(body=body, status_code=reply.status, headers=headers)


def _rendered(reply: Reply, request: Request) -> Reply:
    """The reply with its body as text, and with the headers of its content."""
    uncached = NO_STORE if reply.status >= 400 else {}
    if isinstance(reply.body, Text):
        return replace(reply, headers={**uncached, **reply.body.headers(), **reply.headers})
    text = JsonText() if reply.body is None else compact(reply.body)
    if reply.changed is None:
        if text.is_too_large:
            raise BadRequest("The response is larger than 6 MB. Use page_size, max_results or more filters.")
        return replace(reply, body=text, headers={**uncached, **reply.headers})
    headers = {"Cache-Control": CACHED, "Last-Modified": http_date(reply.changed), "ETag": text.etag}
    if text.is_too_large:
        # Stored again for clients that have the redirect cached, so that its target still exists.
        zipped = accepts_gzip(request.headers.get("accept-encoding", ""))
        location = large_responses.store(text, text.etag, zipped)
        reply, text = Reply("", 302, {"Location": location, "Vary": "Accept-Encoding"}), JsonText()
    if is_current(request.headers, headers["ETag"], headers["Last-Modified"]):
        return Reply("", 304, {**headers, **reply.headers})
    return replace(reply, body=text, headers={**headers, **reply.headers})


def _call(methods: Methods, request: Request) -> Reply:
    forwarded = request.headers.get("x-forwarded-for", "")
    request = replace(request, address=origin.client_address(request.origin_secret, forwarded, request.address))
    telemetry.know(address=request.address)
    if request.method == "OPTIONS" and "OPTIONS" not in methods:
        return Reply({}, headers={"Allow": _allowed(methods)})
    route = methods.get(request.method) or (methods.get("GET") if request.method == "HEAD" else None)
    if route is None:
        raise MethodNotAllowed(f'Method "{request.method}" not allowed. Use {_allowed(methods)}.')
    if request.method in UNSAFE_METHODS:
        csrf.check_browser(request.headers)
    request = _identified(request, route)
    if route.access is Access.ADMIN and not request.user.is_admin:
        raise Forbidden("Ask an administrator.")
    inputs.check_query(request.query)
    try:
        inputs.check_names(request, route.path, route.body, (*route.resource, route.answer))
        result = route.view(request)
    except BadRequest:
        route.rights(request)
        raise
    return result if isinstance(result, Reply) else Reply(result)


def _identified(request: Request, route: Route) -> Request:
    """The request with its caller, whom a page knows even if anyone may see it."""
    if route.is_page:
        token = request.form.get(csrf.FIELD) if request.method in UNSAFE_METHODS else None
        visitor = visitors.admit(request.headers, token, route.password_once)
        request = replace(request, visitor=visitor, caller=visitor.user)
    elif route.access is not Access.ANYONE:
        request = replace(request, caller=caller_of(request.method, request.headers, route.password_once))
    if request.caller or route.access is not Access.ANYONE:
        telemetry.know(user=request.user.user_id)  # raises NotSignedIn
    return request


def _allowed(methods: Methods) -> str:
    implied = ["HEAD"] if "GET" in methods else []
    return ", ".join(sorted({*methods, *implied, "OPTIONS"}))


def _error_reply(error: StudioError, request: Request, methods: Methods) -> Reply:
    status = STATUS[type(error)]
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Token"
    if status == 405:
        headers["Allow"] = _allowed(methods)
    if isinstance(error, Busy | errors.LimitReached):
        headers["Retry-After"] = str(error.retry_after)
    body: dict[str, Any] = {"error": error.title, "detail": error.detail}
    if request.path.startswith(PUBLIC):  # as the specification of the public API requires
        body["error"] = error.detail
    if isinstance(error, ValidationFailed):
        has_message = request.path.startswith((PUBLIC, "/api/internal/"))
        body = {**error.fields, **(body if has_message else {})}
    return Reply(body, status, headers)


def _fault_reply(error: Exception, request: Request) -> Reply:
    log.exception("request failed")
    count("Faults")
    if isinstance(error, UNAVAILABLE):
        detail = f"A service did not respond. Try again. If it persists, report request ID {request.request_id}."
        return Reply({"error": "Try again", "detail": detail}, 503, {"Retry-After": "1"})
    detail = f"Internal error. Report request ID {request.request_id}."
    return Reply({"error": "Internal server error", "detail": detail}, 500)
