"""Checks every response that a test of the API receives against the OpenAPI document."""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from chalicelib.http import openapi
from chalicelib.http.router import JSON
from tests.support.source import routes

DOCUMENT = openapi.document(routes.ALL, "http://front.example.org")
UNDECLARED = {500: "Problem"}  # not in the document: no client should have to expect it
EMPTY = (204, 302, 304)
REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')


def check(method: str, path: str, status: int, headers: dict[str, Any], text: str) -> None:
    """Fail if a response to `method` on `path` (as the route names it) is not as declared."""
    if path not in DOCUMENT["paths"] or method == "OPTIONS":
        return
    found = schema_of("GET" if method == "HEAD" else method, path, status, headers.get("Content-Type", ""))
    if method == "HEAD" or status in EMPTY:
        assert not text, f"{method} {path} {status} has a body"
    elif found is not None:
        error = next(found.iter_errors(json.loads(text)), None)
        assert error is None, f"{method} {path} {status} is not as declared at {error.instance_path}: {error.message}"


@cache
def schema_of(method: str, path: str, status: int, kind: str) -> Any:
    """The validator of a response's JSON, None if it has no JSON. Fails if the response is not declared."""
    operation, media = DOCUMENT["paths"][path].get(method.lower()), kind.partition(";")[0]
    if operation is None:
        assert status == 405, f"{method} {path} is not declared, but returns {status}"
        return validator({"$ref": "#/components/schemas/Problem"}) if media == JSON else None
    if status in UNDECLARED:
        return validator({"$ref": f"#/components/schemas/{UNDECLARED[status]}"})
    response = operation["responses"].get(str(status))
    assert response, f"{method} {path} does not declare {status}"
    response = _resolved(response)
    if "content" not in response:
        return None
    assert media in response["content"], f"{method} {path} {status} does not declare {media}"
    return validator(response["content"][media]["schema"]) if media == JSON else None


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").removeprefix("#/components/responses/")
    return DOCUMENT["components"]["responses"][name] if name else part


def validator(schema: dict[str, Any]) -> Any:
    """The validator of a schema that may name those of the document."""
    return _compiled(json.dumps(schema))


@cache
def _compiled(schema: str) -> Any:
    """It contains only what the schema names: each copy of the whole document takes megabytes."""
    named: dict[str, Any] = {}
    waiting = REFERENCE.findall(schema)
    while waiting:
        name = waiting.pop()
        if name not in named:
            named[name] = DOCUMENT["components"]["schemas"][name]
            waiting += REFERENCE.findall(json.dumps(named[name]))
    whole = {**json.loads(schema), "components": {"schemas": named}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
