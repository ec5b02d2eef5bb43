"""Pages: what all of them show, what follows a form, and errors.

A view returns `page(...)`, or `redirect(...)` after a form has succeeded. What an operation refuses is shown in the
form again: `page(..., error=error)`, with the status of the error.
"""

import json
from typing import Any
from urllib.parse import quote, urlencode

from chalice.app import Response

from chalicelib.errors import Busy, LimitReached, StudioError, ValidationFailed
from chalicelib.http.router import NO_STORE, STATUS, Methods, Reply, Request
from chalicelib.identity import cookies, visitors
from chalicelib.identity.visitors import Visitor
from chalicelib.rendering import messages
from chalicelib.rendering.html import Html, render
from chalicelib.schemas.forms import Form
from chalicelib.schemas.query import last_values

SIGN_IN = "/accounts/login/"
MESSAGE = "message"  # in the query: a key of `rendering.messages`
EMPTY = Form({})
# The values of a page that is the same for all readers.
UNKNOWN: dict[str, Any] = {"user": None, "csrf_token": "", "path": "", "message": ""}


def page(
    request: Request, template: str, *, error: StudioError | None = None, status: int = 200, **values: Any
) -> Reply:
    """A page for the request's visitor alone. With an error, its template can show its sentences and what was typed."""
    visitor = _visitor(request)
    content = render(template, **{**frame(request, visitor), **_problems(error), "form": _sent(request), **values})
    headers, more = {**NO_STORE}, cookies.parsed(request.headers.get("cookie", ""))
    if isinstance(error, Busy | LimitReached):
        headers["Retry-After"] = str(error.retry_after)
    # Scripts read it, and forms of visitors without a session are compared with it.
    missing = () if more.get(cookies.CSRF) == visitor.csrf_token else (cookies.for_csrf(visitor.csrf_token),)
    return Reply(content, STATUS[type(error)] if error else status, headers, cookies=missing)


def redirect(path: str, message: str = "", cookies: tuple[str, ...] = ()) -> Reply:
    """Lead a browser to another page of this host, which shows the message of this key."""
    before, mark, place = path.partition("#")
    query = f"{'&' if '?' in before else '?'}{urlencode({MESSAGE: message})}" if message else ""
    return Reply(None, 303, {**NO_STORE, "Location": before + query + mark + place}, cookies=cookies)


def frame(request: Request, visitor: Visitor | None = None) -> dict[str, Any]:
    """The values of the layout."""
    known = visitor or _visitor(request)
    given = last_values(request.query).get(MESSAGE, "")
    return {
        **UNKNOWN,
        "user": known.user,
        "csrf_token": known.csrf_token,
        "path": request.path.rstrip("/") or "/",
        "message": messages.of(given),
    }


def error_page(request: Request, response: Response) -> Html:
    """The page of an error, whose JSON is the response's body. After a fault, nothing more is read."""
    body, status = json.loads(response.body), response.status_code
    values = UNKNOWN if status >= 500 else frame(request)
    detail = body["detail"] if isinstance(body.get("detail"), str) else " ".join(_sentences(body))
    return render("errors/error.html", **{**values, "status": status, "detail": detail, "is_read": _is_read(request)})


def sign_in_url(methods: Methods, request: Request) -> str:
    """Where to sign in, and then come back to this page; from a form that has no page, to the first one."""
    query = {name: value for name, value in last_values(request.query).items() if name != MESSAGE}
    own = f"{request.path.rstrip('/')}/" + (f"?{urlencode(query)}" if query else "")
    return f"{SIGN_IN}?next={quote(own if 'GET' in methods else '/')}"


def _visitor(request: Request) -> Visitor:
    return request.visitor or visitors.visitor_of(request.headers)


def _sent(request: Request) -> Form:
    return request.form if request.method == "POST" else EMPTY


def _is_read(request: Request) -> bool:
    return request.method in ("GET", "HEAD")


def _problems(error: StudioError | None) -> dict[str, Any]:
    """`problem`, a sentence about the whole form, and `problems`, sentences by field."""
    if isinstance(error, ValidationFailed):
        return {"problem": "Correct what is marked below, then send the form again.", "problems": error.fields}
    return {"problem": error.detail if error else "", "problems": {}}


def _sentences(body: dict[str, Any]) -> list[str]:
    return [f"{name}: {' '.join(map(str, texts))}" for name, texts in body.items() if isinstance(texts, list)]
