"""Pages of the API for browsers: the JSON that GET answers with, what else the path accepts, and the reference."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.config import settings
from chalicelib.http import options, site
from chalicelib.http.router import Methods, Request
from chalicelib.rendering.html import Html, render
from chalicelib.schemas.query import last_values

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
_RESOURCE_OF = {field: resource for resource, fields in LINKED.items() for field in fields}
_ID = re.compile(r"[0-9a-f]{32}(,[0-9a-f]{32})?")


class Token(NamedTuple):
    """A part of JSON as a page shows it: its text, the class of its kind and where it leads, both empty for none."""

    text: str
    kind: str = ""
    link: str = ""


def page(methods: Methods, request: Request, response: Response) -> Html:
    """The page of a path; `response` is the JSON response of GET."""
    status, text = response.status_code, str(response.body)
    answered = json.loads(text) if text else None
    actions = {name: action for name, action in options.path(methods)["actions"].items() if name != "OPTIONS"}
    route = methods.get("GET") or next(iter(methods.values()))
    given = last_values(request.query)
    return render(
        "api/page.html",
        **site.frame(request),
        title=route.summary,
        description=route.description,
        url=f"{request.path}?{urlencode(given)}" if given else request.path,
        crumbs=list(_crumbs(route.path, request)),
        status=status,
        reason=HTTPStatus(status).phrase,
        problem=answered.get("detail", "") if status >= 400 and isinstance(answered, dict) else "",
        actions=actions,
        given=given,
        page_links=list(_page_links(answered, request.path)),
        related=list(_related(route.path, request)),
        as_json=f"{request.path}?{urlencode({**given, 'format': 'json'})}",
        body=_shown(answered, request),
        bodies={name: _example(action["body"]) for name, action in actions.items() if "body" in action},
    )


def reference(document: Mapping[str, Any]) -> Html:
    """The page of a whole OpenAPI document."""
    paragraphs = document["info"]["description"].strip().split("\n\n")
    return render("api/reference.html", **site.UNKNOWN, description=paragraphs, **options.reference(document))


# ---- navigation ----


def _crumbs(pattern: str, request: Request) -> Iterator[tuple[str, str]]:
    """(name, link or "") of the parts of the path."""
    known = {route.path for route in request.routes if route.method == "GET"}
    parts, patterns = request.path.strip("/").split("/"), pattern.strip("/").split("/")
    for end in range(1, len(parts) + 1):
        is_known = f"/{'/'.join(patterns[:end])}" in known
        yield parts[end - 1], f"/{'/'.join(parts[:end])}" if is_known and end < len(parts) else ""


def _related(pattern: str, request: Request) -> Iterator[tuple[str, str]]:
    """(name, link) of the paths directly below that need no further ID."""
    for route in request.routes:
        rest = route.path.removeprefix(f"{pattern}/")
        if route.method == "GET" and rest != route.path and "/" not in rest and "{" not in rest and pattern != "/api":
            yield rest, f"{request.path.rstrip('/')}/{rest}"


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


def _example(fields: Mapping[str, Any]) -> str:
    """A body to start from: the required fields, empty."""
    empty = {"string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}
    given = {
        name: field["choices"][0]["value"] if "choices" in field else empty.get(field["type"], [])
        for name, field in fields.items()
        if field["required"]
    }
    return json.dumps(given, indent=2, ensure_ascii=False)
