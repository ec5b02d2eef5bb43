"""The OpenAPI document (3.1), generated from the routes."""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from chalicelib import __version__
from chalicelib.http.router import JSON, PUBLIC, Access, Route
from chalicelib.identity import cookies
from chalicelib.reference import describing, illustrating, texts
from chalicelib.reference.describing import REFERENCE
from chalicelib.reference.texts import Subject
from chalicelib.schemas.base import Nothing
from chalicelib.schemas.chef import FileForm
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.common import Fields, Problem

Schema = dict[str, Any]

HTML = "text/html"
FORM = "multipart/form-data"
_PAGE_OF = re.compile(r"^(\w+)\[(\w+)\]$")
_REFERRED = re.compile(f'"{REFERENCE}([^"]+)"')
_WORD = re.compile(r"[\w.-]+")
_PARAMETER = re.compile(r"\{(\w+)\}")
DESCRIPTION = """The API of Kolibri Studio: create, edit and publish channels of educational content for Kolibri.

Responses are JSON, or HTML pages for browsers that prefer `text/html`. A trailing slash in a path is optional. Every
path supports OPTIONS; methods that are not listed are refused with status 405 and the header `Allow`.
"""
ERRORS = {
    400: ("BadRequest", "The request is malformed, or some of its fields are invalid."),
    401: ("NotSignedIn", "Credentials are missing or invalid."),
    403: ("Forbidden", "The caller lacks the permission for this."),
    404: ("NotFound", "It does not exist, or the caller may not view it."),
    405: ("MethodNotAllowed", "The path does not support this method."),
    409: ("Conflict", "It conflicts with the current state."),
    412: ("PreconditionFailed", "A filter is required, or there is not enough storage."),
    429: (
        "TooManyAttempts",
        "Too many wrong passwords or unknown tokens, or a limit per day. Try again after `Retry-After` seconds.",
    ),
    503: ("Busy", "Temporarily unavailable. Try again after `Retry-After` seconds."),
}
_HEADERS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}


class _Plain(GenerateJsonSchema):
    """Schemas without titles and defaults that add no information."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 (a list upstream)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def normalize_name(self, name: str) -> str:
        """ChannelPage for Page[Channel]."""
        return super().normalize_name(_PAGE_OF.sub(r"\2\1", name))

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """Without defaults that only mean "not sent"."""
        described = super().default_schema(schema)
        if not isinstance(described.get("default"), bool | int | str) or described["default"] == "":
            described.pop("default", None)
        return described


def document(routes: Iterable[Route], server: str) -> dict[str, Any]:
    """The document of all routes, except those that declare a missing path; `server` is the base URL of the paths."""
    shown = documented(routes)
    answers, answer_types = _schemas("serialization", _answers(shown))
    inputs, input_types = _schemas("validation", _bodies(shown))
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        operation = _operation(route, answers, inputs)
        paths.setdefault(route.path, {})[route.method.lower()] = illustrating.with_examples(
            operation, named(route), server
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kolibri Studio", "version": __version__, "description": DESCRIPTION},
        "servers": [{"url": server}],
        "tags": [{"name": one.title, "description": one.about} for one in _subjects(shown)],
        "paths": paths,
        "components": {
            "schemas": used(describing.described_types({**input_types, **_closed(answer_types)}, texts.load()), paths),
            "responses": {name: _problem(status, text) for status, (name, text) in ERRORS.items()},
            "securitySchemes": _security(),
        },
    }


def documented(routes: Iterable[Route]) -> list[Route]:
    """The routes of the API, except those that declare a missing path."""
    return [route for route in routes if route.path.startswith("/api") and route.status != 404]


def _subjects(routes: list[Route]) -> list[Subject]:
    """The subjects of the routes, in their order."""
    found = {subject.title: subject for subject in (texts.load().subject_of(named(route)) for route in routes)}
    return sorted(found.values(), key=lambda subject: subject.order)


def named(route: Route) -> str:
    """A route as descriptions name it: `GET /api/channel`."""
    return f"{route.method} {route.path}"


def _answers(routes: list[Route]) -> dict[Any, Any]:
    given = {(route.method, route.path, status): answer for route in routes for status, answer in successes(route)}
    return {**{key: answer for key, answer in given.items() if answer is not None}, 400: Problem | Fields, 401: Problem}


def successes(route: Route) -> list[tuple[int, Any]]:
    """(status, type or None) of all successful responses of a route."""
    return [(route.status, route.answer), *route.also]


def _bodies(routes: list[Route]) -> dict[Any, Any]:
    given = {(route.method, route.path): route.body for route in routes}
    return {key: schema for key, schema in given.items() if schema not in (None, Nothing)}


def _schemas(mode: JsonSchemaMode, types: dict[Any, Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """(schemas by the keys of the types, referenced schemas by name)."""
    adapters = [(key, mode, TypeAdapter(one)) for key, one in types.items()]
    found, shared = TypeAdapter.json_schemas(adapters, ref_template=REFERENCE + "{model}", schema_generator=_Plain)
    return {key: schema for (key, _), schema in found.items()}, shared.get("$defs", {})


def used(schemas: dict[str, Schema], users: Any) -> dict[str, Schema]:
    """The schemas that the users reference, directly or through other schemas."""
    found: dict[str, Schema] = {"Problem": schemas["Problem"]}
    todo = references(users)
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = schemas[name]
            todo |= references(found[name])
    return dict(sorted(found.items()))


def references(part: Any) -> set[str]:
    """The names of the types that a part of the document refers to."""
    return set(_REFERRED.findall(json.dumps(part)))


def _closed(schemas: Any) -> Any:
    """The same schemas, with objects closed to further properties."""
    if isinstance(schemas, list):
        return [_closed(schema) for schema in schemas]
    if not isinstance(schemas, dict):
        return schemas
    inner = {name: _closed(schema) for name, schema in schemas.items()}
    is_object = inner.get("type") == "object" and "properties" in inner
    return {"additionalProperties": False, **inner} if is_object else inner


def _operation(route: Route, answers: dict[Any, Schema], inputs: dict[Any, Schema]) -> dict[str, Any]:
    key = (route.method, route.path)
    about = " ".join(filter(None, (texts.load().of_operation(named(route)), route.description)))
    operation = {
        "operationId": _name(route),
        "summary": route.summary,
        **({"description": about} if about else {}),
        "tags": [texts.load().subject_of(named(route)).title],
        "parameters": [*_in_path(route.path), *_in_query(route)],
        "responses": _responses(route, answers),
        "security": [] if route.access is Access.ANYONE else [{"token": []}, {"session": []}],
    }
    if key in inputs:
        kind = FORM if route.body is FileForm else JSON
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": inputs[key]}}}
    return operation


def _name(route: Route) -> str:
    return "_".join([route.method.lower(), *_WORD.findall(route.path.removeprefix("/api"))])


def _in_path(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": texts.load().of_parameter(path, name),
            "schema": schema,
        }
        for name in _PARAMETER.findall(path)
    ]


def _in_query(route: Route) -> list[dict[str, Any]]:
    """Query parameters; lists are comma-separated."""
    if route.query is None:
        return []
    fields = route.query.model_json_schema(schema_generator=_Plain).get("properties", {})
    owners = [one.__name__ for one in route.query.__mro__]
    described = {name: describing.described_field(own, owners, name, texts.load()) for name, own in fields.items()}
    return [_parameter(name, _of_text(own)) for name, own in described.items()]


def _parameter(name: str, schema: Schema) -> dict[str, Any]:
    described = {"description": schema.pop("description")} if "description" in schema else {}
    listed = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": name, "in": "query", **described, **listed, "schema": schema}


def _of_text(schema: Schema) -> Schema:
    """A schema without null, which a query cannot express."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    own = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**own, **choices[0]} if len(choices) == 1 else {**own, **({"anyOf": choices} if choices else {})}


def _responses(route: Route, answers: dict[Any, Schema]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer in successes(route):
        responses[str(status)] = {"description": _success(status)}
        if answer is not None:
            schema = describing.with_vocabularies(_closed(answers[route.method, route.path, status]))
            kinds = ([] if answer is str else [JSON]) + ([HTML] if has_page(route) else [])
            responses[str(status)]["content"] = {
                kind: {"schema": schema if kind == JSON else {"type": "string"}} for kind in kinds
            }
    if route.path.startswith(PUBLIC) or is_list(route):
        responses["302"] = {"description": "The response is large: get it from the `Location`, on the same host."}
    if route.path.startswith(PUBLIC):
        responses["304"] = {"description": "Not modified."}
    errors = {str(status): {"$ref": f"#/components/responses/{ERRORS[status][0]}"} for status in _error_statuses(route)}
    return {**responses, **errors}


def is_list(route: Route) -> bool:
    """Whether a route lists a resource, unpaged if no page is requested."""
    return route.query is not None and issubclass(route.query, ListQuery)


def has_page(route: Route) -> bool:
    """Whether browsers get a page: not from the public API, of which caches keep one response for all clients."""
    return route.method == "GET" and not route.path.startswith(PUBLIC)


def _success(status: int) -> str:
    if status == 303:
        return "The response is large: get it from the `Location`, on the same host."
    if status == 202:
        return "Accepted; the work continues in the background"
    return HTTPStatus(status).phrase.capitalize() if status != 200 else "OK"


def _error_statuses(route: Route) -> list[int]:
    """The statuses of the errors that a route may return."""
    is_write = route.method != "GET"
    possible = {
        400: True,
        401: route.access is not Access.ANYONE,
        403: route.access is not Access.ANYONE,
        404: "{" in route.path or route.query is not None or is_write,
        409: is_write,
        412: not route.path.startswith(PUBLIC) and (is_write or route.query is not None),
        429: route.method == "POST" and route.access is not Access.ANYONE,
        503: True,
    }
    return sorted({status for status, can_be in possible.items() if can_be} | {*route.refusals})


def _problem(status: int, text: str) -> dict[str, Any]:
    schema: Schema = {"$ref": f"{REFERENCE}Problem"}
    if status == 400:
        sentences = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
        schema = {"anyOf": [schema, {"type": "object", "additionalProperties": sentences}]}
    content = {JSON: {"schema": schema}, HTML: {"schema": {"type": "string"}}}
    headers = {_HEADERS[status]: {"schema": {"type": "string"}}} if status in _HEADERS else {}
    return {"description": text, "content": content, **({"headers": headers} if headers else {})}


def _security() -> dict[str, Any]:
    token = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <40 hex digits>`"}
    session = {
        "type": "apiKey",
        "in": "cookie",
        "name": cookies.SESSION,
        "description": "Set by signing in; over https, its name begins with `__Host-`. Writes must send the value of "
        "the cookie `csrftoken` as `X-CSRFToken`.",
    }
    return {"token": token, "session": session}
