"""Writes docs/api.md from the routes: `python -m tests.support.source.api_docs`."""

from collections.abc import Iterator
from typing import Any

from chalicelib.http import openapi, options
from tests.support.source import routes
from tests.support.source.source import ROOT

PATH = ROOT / "docs" / "api.md"
HEAD = """# API

Written by `python -m tests.support.source.api_docs` from the routes and their schemas; a test fails when it is stale.
The same is answered by `/api/openapi.json` and, for people, by `/api/docs/`; every path can be browsed, and answers
OPTIONS.

- **Authentication**: `Authorization: Token <40 hex digits>`, or a session (`POST /api/auth/session`), whose writes send
  the cookie `csrftoken` as `X-CSRFToken`. Routes marked (anyone) need neither.
- **Lists** are arrays, or pages where `page` or `page_size` is given. List parameters are separated by commas.
- **Errors** are `{"error", "detail"}`; wrong fields are `{field: [sentences]}`.
"""
_LIMITS = (
    ("max_length", "at most {} characters"),
    ("max_items", "at most {}"),
    ("min_value", "from {}"),
    ("max_value", "to {}"),
    ("default", "default `{}`"),
)
MAX_CHOICES = 12


def render() -> str:
    """The whole document."""
    document = openapi.document(routes.ALL, "")
    told = options.reference(document)
    errors = [f"| {status} | {text} |" for status, (_, text) in openapi.ERRORS.items()]
    parts = [HEAD, "| status | |", "| --- | --- |", *errors, ""]
    for tag in told["tags"]:
        parts += [f"## {tag['name']}", ""]
        for operation in tag["operations"]:
            parts += _operation(operation)
    parts += ["## Types", ""]
    for name, kind in told["types"].items():
        parts += _type(name, kind)
    return "\n".join(parts)


def _operation(one: dict[str, Any]) -> Iterator[str]:
    yield f"### {one['method']} `{one['path']}`"
    anyone = " (anyone)" if one["anyone"] else ""
    yield f"{one['summary']}{anyone}. {one['description'] + '.' if one['description'] else ''}".rstrip()
    yield f"Answers {', '.join(_answer(answer) for answer in one['answers'])}."
    yield ""
    for title in ("query", "body"):
        if one[title]:
            yield from _table(title, one[title])


def _answer(answer: dict[str, str]) -> str:
    return f"{answer['status']} {answer['type']}".rstrip()


def _type(name: str, kind: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield " ".join(kind["description"].split())
    yield ""
    if kind["choices"]:
        yield f"One of {_choices(kind['choices'])}."
        yield ""
    if kind["fields"]:
        yield from _table("field", kind["fields"])


def _table(title: str, fields: dict[str, Any]) -> Iterator[str]:
    yield f"| {title} | type | |"
    yield "| --- | --- | --- |"
    for name, field in fields.items():
        yield f"| `{name}` | {field['type']} | {_said(field)} |"
    yield ""


def _said(field: dict[str, Any]) -> str:
    limits = [text.format(field[name]) for name, text in _LIMITS if name in field]
    inner = ", ".join(f"`{name}`" for name in field.get("fields", {}))
    parts = [
        "required" if field["required"] else "",
        " ".join(field.get("help_text", "").split()),
        f"one of {_choices(field['choices'])}" if "choices" in field else "",
        *limits,
        f"with {inner}" if inner else "",
    ]
    return "; ".join(filter(None, parts)).replace("|", "\\|")


def _choices(choices: list[Any]) -> str:
    shown = ", ".join(f"`{choice}`" for choice in choices[:MAX_CHOICES])
    return shown + (", …" if len(choices) > MAX_CHOICES else "")


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
