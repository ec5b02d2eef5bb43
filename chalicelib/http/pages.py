"""Pages for people: what GET answers, with all that can be done there, and the whole reference."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from chalicelib.config import settings
from chalicelib.http import options
from chalicelib.http.router import Methods, Request
from chalicelib.schemas.query import last_values

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
LONGEST = 200_000  # characters of JSON that a page shows
# Where the ids in these fields lead to.
PLACES = {
    "channel": ("channel", "channel_id", "source_channel_id", "original_channel_id", "new_channel", "root"),
    "contentnode": (
        *("parent", "parent_id", "root_id", "trash_root_id", "staging_root_id", "contentnode", "target_node"),
        "prerequisite",
    ),
    "task": ("task_id", "diff_task_id"),
}
_PLACE_OF = {field: place for place, fields in PLACES.items() for field in fields}
_ID = re.compile(r"[0-9a-f]{32}(,[0-9a-f]{32})?")
_CODE = re.compile("`([^`]+)`")


def page(methods: Methods, request: Request, status: int, text: str) -> str:
    """The page of what GET answers on a path; `text` is the JSON that others get."""
    answered = json.loads(text) if text else None
    actions = {name: action for name, action in options.path(methods)["actions"].items() if name != "OPTIONS"}
    route = methods.get("GET") or next(iter(methods.values()))
    given = last_values(request.query)
    return _rendered(
        "page.html",
        title=route.summary,
        description=route.description,
        path=request.path,
        url=f"{request.path}?{urlencode(given)}" if given else request.path,
        crumbs=list(_crumbs(route.path, request)),
        status=status,
        reason=HTTPStatus(status).phrase,
        problem=answered.get("detail", "") if status >= 400 and isinstance(answered, dict) else "",
        actions=actions,
        given=given,
        turns=list(_turns(answered, request.path)),
        related=list(_related(route.path, request)),
        as_json=f"{request.path}?{urlencode({**given, 'format': 'json'})}",
        body=_shown(answered, request),
        bodies={name: _example(action["body"]) for name, action in actions.items() if "body" in action},
    )


def reference(document: Mapping[str, Any]) -> str:
    """The page of a whole OpenAPI document."""
    paragraphs = document["info"]["description"].strip().split("\n\n")
    return _rendered("reference.html", description=paragraphs, **options.reference(document))


def headers() -> dict[str, str]:
    """Nothing but our own style and script runs in a page."""
    policy = (
        f"default-src 'none'; style-src {_hash('style.css')}; script-src {_hash('try.js')}; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
    }


def _rendered(name: str, **values: Any) -> str:
    text: str = _environment().get_template(name).render(values)
    return text


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters["markdown"] = _markdown
    environment.filters["typed"] = _typed
    environment.globals.update(style=Markup(_text("style.css")), script=Markup(_text("try.js")))  # noqa: S704 (our own)
    return environment


@cache
def _text(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


@cache
def _hash(name: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(_text(name).encode()).digest()).decode()}'"


def _markdown(text: str) -> Markup:
    """Of Markdown, what our texts use: `code`."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped)


def _typed(text: str) -> Markup:
    """Names of types as links to where these are described."""
    return Markup(_CODE.sub(r'<a href="#type-\1"><code>\1</code></a>', str(escape(text))))  # noqa: S704 (escaped)


# ---- where one can go from here ----


def _crumbs(pattern: str, request: Request) -> Iterator[tuple[str, str]]:
    """(name, link or "") of the path's parts."""
    known = {route.path for route in request.routes if route.method == "GET"}
    parts, patterns = request.path.strip("/").split("/"), pattern.strip("/").split("/")
    for end in range(1, len(parts) + 1):
        is_known = f"/{'/'.join(patterns[:end])}" in known
        yield parts[end - 1], f"/{'/'.join(parts[:end])}" if is_known and end < len(parts) else ""


def _related(pattern: str, request: Request) -> Iterator[tuple[str, str]]:
    """(name, link) of what else is right below, and needs no more ids."""
    for route in request.routes:
        rest = route.path.removeprefix(f"{pattern}/")
        if route.method == "GET" and rest != route.path and "/" not in rest and "{" not in rest and pattern != "/api":
            yield rest, f"{request.path.rstrip('/')}/{rest}"


def _turns(answered: Any, path: str) -> Iterator[tuple[str, str]]:
    """(name, link) of the pages before and after."""
    if isinstance(answered, dict):
        for name in ("previous", "next"):
            if isinstance(answered.get(name), str):
                yield f"{name.title()} page", answered[name].removeprefix(settings().public_url)
        if isinstance(answered.get("more"), dict) and "results" in answered:
            yield "More", f"{path}?{urlencode(answered['more'])}"


# ---- JSON with links in it ----


def _shown(answered: Any, request: Request) -> Markup:
    lines = json.dumps(answered, ensure_ascii=False, indent=2)
    if len(lines) > LONGEST:
        return escape(f"{lines[:LONGEST]}\n… and {len(lines) - LONGEST} characters more: see it as JSON.")
    return Markup("").join(_pieces(answered, "", request.path, ""))


def _pieces(value: Any, name: str, path: str, indent: str) -> Iterator[Markup]:
    """JSON, indented; `name` is that of the field that holds the value."""
    if isinstance(value, dict) and value:
        yield from _wrapped("{}", [_member(key, own, path, f"{indent}  ") for key, own in value.items()], indent)
    elif isinstance(value, list) and value:
        yield from _wrapped("[]", [Markup("").join(_pieces(own, name, path, f"{indent}  ")) for own in value], indent)
    else:
        yield _scalar(value, name, path)


def _wrapped(brackets: str, parts: list[Markup], indent: str) -> Iterator[Markup]:
    yield Markup("{}\n{}  ").format(brackets[0], indent)
    yield Markup(f",\n{indent}  ").join(parts)  # noqa: S704 (blanks)
    yield Markup("\n{}{}").format(indent, brackets[1])


def _member(key: str, value: Any, path: str, indent: str) -> Markup:
    inner = Markup("").join(_pieces(value, key, path, indent))
    return Markup('<span class="key">{}</span>: {}').format(_json(key), inner)


def _scalar(value: Any, name: str, path: str) -> Markup:
    kind = "text" if isinstance(value, str) else "number"
    shown = Markup('<span class="{}">{}</span>').format(kind, _json(value))
    link = _link(value, name, path) if isinstance(value, str) else ""
    return Markup('<a href="{}">{}</a>').format(link, shown) if link else shown


def _link(value: str, name: str, path: str) -> str:
    """Where a text leads to, empty where that is nowhere."""
    own = settings().public_url
    if value.startswith((f"{own}/", "/api/", "/content/")):
        return value.removeprefix(own)
    if not _ID.fullmatch(value):
        return ""
    if name == "id" and not path.endswith(f"/{value}"):
        return f"{path.rstrip('/')}/{value}" if path.count("/") == 2 else ""
    place = _PLACE_OF.get(name)
    return f"/api/{place}/{value}" if place else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _example(fields: Mapping[str, Any]) -> str:
    """A body to begin with: what is required, empty."""
    empty = {"string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}
    given = {
        name: field["choices"][0] if "choices" in field else empty.get(field["type"], [])
        for name, field in fields.items()
        if field["required"]
    }
    return json.dumps(given, indent=2, ensure_ascii=False)
