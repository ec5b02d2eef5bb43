"""Pages of the API for browsers: the JSON that GET answers with, and forms for what the path accepts."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.config import settings
from chalicelib.http import docs, options, site
from chalicelib.http.router import METHODS, Methods, Request, Route
from chalicelib.reference import form_inputs, texts
from chalicelib.rendering.html import Html, render
from chalicelib.schemas.base import Nothing
from chalicelib.schemas.chef import FileForm
from chalicelib.schemas.query import last_values

ROOT = "/api"
MAX_JSON = 200_000  # characters that a page shows
# The fields that hold IDs of a resource, to which pages link.
LINKED = {
    "channel": ("channel", "channel_id", "source_channel_id", "original_channel_id", "new_channel", "root"),
    "contentnode": (
        *("parent", "parent_id", "root_id", "trash_root_id", "staging_root_id", "contentnode", "target_node"),
        "prerequisite",
    ),
    "task": ("task_id", "diff_task_id"),
}
# Where a resource leads: (name, link with fields of the response).
_OF_NODE = (("Files", "/api/file?contentnode={id}"), ("Questions", "/api/assessmentitem?contentnode={id}"))
RELATED = {
    "/api/channel/{id}": (
        ("Root node", "/api/contentnode/{root_id}"),
        ("Root of the staged tree", "/api/contentnode/{staging_root_id}"),
        ("Nodes of the top level", "/api/contentnode?parent={root_id}"),
        ("Versions", "/api/channelversion?channel={id}"),
        ("Members", "/api/channeluser?channel={id}"),
        ("Invitations", "/api/invitation?channel={id}"),
        ("Tasks", "/api/task?channel={id}"),
        ("Details of the content", "/api/get_channel_details/{id}"),
    ),
    "/api/contentnode/{id}": (
        ("Parent", "/api/contentnode/{parent}"),
        ("Children", "/api/contentnode?parent={id}"),
        ("Channel", "/api/channel/{channel_id}"),
        *_OF_NODE,
    ),
    "/api/file/{id}": (
        ("Node", "/api/contentnode/{contentnode}"),
        ("Question", "/api/assessmentitem/{assessment_item}"),
    ),
    "/api/assessmentitem/{id}": (("Exercise", "/api/contentnode/{contentnode}"),),
    "/api/task/{task_id}": (("Channel", "/api/channel/{channel_id}"), ("Tasks", "/api/task?channel={channel_id}")),
    "/api/invitation/{id}": (("Channel", "/api/channel/{channel}"), ("Members", "/api/channeluser?channel={channel}")),
    "/api/admin-channels/{id}": (("Channel", "/api/channel/{id}"), ("Tasks", "/api/task?channel={id}")),
}
_FIELD = re.compile(r"\{(\w+)\}")
_RESOURCE_OF = {field: resource for resource, fields in LINKED.items() for field in fields}
_ID = re.compile(r"[0-9a-f]{32}(,[0-9a-f]{32})?")


class Token(NamedTuple):
    """A part of JSON as a page shows it: its text, the class of its kind and where it leads, both empty for none."""

    text: str
    kind: str = ""
    link: str = ""


def page(methods: Methods, request: Request, response: Response) -> Html:
    """The page of a path; `response` is the JSON response of GET, an error for a path that only takes other methods."""
    status, text = response.status_code, str(response.body)
    answered = json.loads(text) if text else None
    route = methods.get("GET") or next(iter(methods.values()))
    given = last_values(request.query)
    values = {
        **site.frame(request),
        "title": route.summary,
        "given": given,
        "as_json": f"{request.path}?{urlencode({**given, 'format': 'json'})}",
    }
    if route.path == ROOT:
        found = docs.matching(docs.of_routes(request.routes)["subjects"], given.get("search", ""))
        return render("api/root.html", **values, subjects=found, found=bool(found))
    tries = list(_tries(methods, answered if status < 400 else None, given))
    return render(
        "api/page.html",
        **values,
        pattern=route.path,
        is_read="GET" in methods,
        subject=texts.load().subject_of(f"{route.method} {route.path}"),
        description=options.path(methods)["description"],
        url=f"{request.path}?{urlencode(given)}" if given else request.path,
        crumbs=list(_crumbs(route.path, request)),
        status=status,
        reason=HTTPStatus(status).phrase,
        problem=answered.get("detail", "") if status >= 400 and isinstance(answered, dict) else "",
        tries=tries,
        filters=next((form_inputs.query(one["query"], given) for one in tries if one["method"] == "GET"), []),
        page_links=list(_page_links(answered, request.path)),
        related=list(_related(route.path, request, answered if status < 400 else None)),
        actions=list(_actions(route.path, request)),
        body=_shown(answered, request),
    )


def _tries(methods: Methods, answered: Any, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What a form needs to call each method: GET first; PUT and PATCH have the current values."""
    described = options.path(methods)
    for method in sorted(described["actions"], key=METHODS.index):
        action = {"query": {}, "body": {}, **described["actions"][method]}
        is_change = method in ("PUT", "PATCH") and isinstance(answered, dict)
        current = answered if is_change else given if method == "POST" else {}
        is_upload = methods[method].body is FileForm
        yield {
            **action,
            "method": method,
            "is_upload": is_upload,
            "inputs": form_inputs.inputs(action["body"], current, is_upload),
            "json": form_inputs.body(action["body"], current) if action["body"] or method == "PUT" else "",
            "takes_list": methods[method].body is not None and not action["body"] and _takes_list(methods[method]),
        }


def _takes_list(route: Route) -> bool:
    """Whether the body has no fields, but is a list."""
    return route.body not in (None, Nothing)


# ---- navigation ----


def _crumbs(pattern: str, request: Request) -> Iterator[tuple[str, str]]:
    """(name, link or "") of the parts of the path."""
    known = {route.path for route in request.routes if route.method == "GET"}
    parts, patterns = request.path.strip("/").split("/"), pattern.strip("/").split("/")
    for end in range(1, len(parts) + 1):
        is_known = f"/{'/'.join(patterns[:end])}" in known
        yield parts[end - 1], f"/{'/'.join(parts[:end])}" if is_known and end < len(parts) else ""


def _related(pattern: str, request: Request, answered: Any) -> Iterator[tuple[str, str]]:
    """(name, link) of what belongs to the resource, and of the paths directly below that need no further ID."""
    known = answered if isinstance(answered, dict) else {}
    for name, link in RELATED.get(pattern, ()):
        fields = _FIELD.findall(link)
        if all(known.get(field) for field in fields):
            yield name, link.format(**{field: known[field] for field in fields})
    for route in request.routes:
        rest = route.path.removeprefix(f"{pattern}/")
        if route.method == "GET" and rest != route.path and "/" not in rest and "{" not in rest and pattern != "/api":
            yield rest, f"{request.path.rstrip('/')}/{rest}"


def _actions(pattern: str, request: Request) -> Iterator[tuple[str, str]]:
    """(summary, link) of the paths directly below that only take POST: they open as forms."""
    read = {route.path for route in request.routes if route.method == "GET"}
    for route in request.routes:
        rest = route.path.removeprefix(f"{pattern}/")
        is_below = rest != route.path and "/" not in rest and "{" not in rest and pattern != ROOT
        if route.method == "POST" and is_below and route.path not in read:
            yield route.summary, f"{request.path.rstrip('/')}/{rest}"


def _page_links(answered: Any, path: str) -> Iterator[tuple[str, str]]:
    """(name, link) of the previous and the next page."""
    if isinstance(answered, dict):
        for name in ("previous", "next"):
            if isinstance(answered.get(name), str):
                yield f"{name.title()} page", answered[name].removeprefix(settings().public_url)
        if isinstance(answered.get("more"), dict) and "results" in answered:
            yield "More", f"{path}?{urlencode(answered['more'])}"


# ---- JSON with links ----


def _shown(answered: Any, request: Request) -> list[Token]:
    lines = json.dumps(answered, ensure_ascii=False, indent=2)
    if len(lines) > MAX_JSON:
        return [Token(f"{lines[:MAX_JSON]}\n… and {len(lines) - MAX_JSON} more characters. View all as JSON.")]
    return list(_tokens(answered, "", request.path, ""))


def _tokens(value: Any, name: str, path: str, indent: str) -> Iterator[Token]:
    """JSON, indented; `name` is the field that holds the value."""
    inner = f"{indent}  "
    if isinstance(value, dict) and value:
        members = (_member(key, own, path, inner) for key, own in value.items())
        yield from _bracketed("{}", members, indent)
    elif isinstance(value, list) and value:
        yield from _bracketed("[]", (_tokens(own, name, path, inner) for own in value), indent)
    elif isinstance(value, str):
        yield Token(_json(value), "text", _link(value, name, path))
    else:
        yield Token(_json(value), "number")


def _member(key: str, value: Any, path: str, indent: str) -> Iterator[Token]:
    yield from (Token(_json(key), "key"), Token(": "))
    yield from _tokens(value, key, path, indent)


def _bracketed(brackets: str, members: Iterable[Iterable[Token]], indent: str) -> Iterator[Token]:
    before = f"{brackets[0]}\n{indent}  "
    for member in members:
        yield Token(before)
        yield from member
        before = f",\n{indent}  "
    yield Token(f"\n{indent}{brackets[1]}")


def _link(value: str, name: str, path: str) -> str:
    """The link of a string, empty for none."""
    own = settings().public_url
    if value.startswith((f"{own}/", "/api/", "/content/")):
        return value.removeprefix(own)
    if not _ID.fullmatch(value):
        return ""
    if name == "id" and not path.endswith(f"/{value}"):
        return f"{path.rstrip('/')}/{value}" if path.count("/") == 2 else ""
    resource = _RESOURCE_OF.get(name)
    return f"/api/{resource}/{value}" if resource else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
