"""Adds examples to the operations of an OpenAPI document."""

import json
from typing import Any

from chalicelib.reference import examples, snippets
from chalicelib.reference.examples import Exchange

JSON, FORM = "application/json", "multipart/form-data"


def with_examples(operation: dict[str, Any], name: str, server: str) -> dict[str, Any]:
    """An operation of an OpenAPI document with its examples, for tools and as code for a shell and for Python."""
    found = examples.of_operation(name)
    if not found:
        return operation
    answers = [
        {status: _answered(response, [one for one in found if str(one.status) == status], server)}
        for status, response in operation["responses"].items()
    ]
    body = operation.get("requestBody")
    return {
        **operation,
        "parameters": [_parameter(one, found[0]) for one in operation["parameters"]],
        **({"requestBody": {**body, "content": _requested(body["content"], found)}} if body else {}),
        "responses": {status: response for answer in answers for status, response in answer.items()},
        "x-codeSamples": [
            {"lang": "Shell", "label": "curl", "source": snippets.curl(found[0], server or examples.HOST)},
            {"lang": "Python", "label": "Python", "source": snippets.python(found[0], server or examples.HOST)},
        ],
    }


def _parameter(parameter: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    sent = (
        exchange.query.get(parameter["name"]) if parameter["in"] == "query" else _in_path(parameter["name"], exchange)
    )
    return {**parameter, "example": _typed(sent, parameter["schema"])} if sent is not None else parameter


def _in_path(name: str, exchange: Exchange) -> str | None:
    pattern = exchange.operation.partition(" ")[2].split("/")
    return exchange.path.split("/")[pattern.index(f"{{{name}}}")] if f"{{{name}}}" in pattern else None


def _typed(sent: str, schema: dict[str, Any]) -> Any:
    """A parameter as its schema has it."""
    kind = schema.get("type")
    if kind == "array":
        return sent.split(",")
    return json.loads(sent) if kind in ("integer", "number", "boolean") else sent


def _requested(content: dict[str, Any], found: tuple[Exchange, ...]) -> dict[str, Any]:
    bodies = {
        FORM: [{"file": one.form} for one in found if one.form],
        JSON: [one.body for one in found if not one.form],
    }
    return {kind: {**media, **_named(found, bodies[kind])} for kind, media in content.items()}


def _answered(response: dict[str, Any], found: list[Exchange], server: str) -> dict[str, Any]:
    if not found or "content" not in response:
        return response
    content = {kind: dict(media) for kind, media in response["content"].items()}
    kind = JSON if JSON in content else next(iter(content))
    content[kind].update(_named(tuple(found), [examples.at(server, one.answer) for one in found]))
    return {**response, "content": content}


def _named(found: tuple[Exchange, ...], values: list[Any]) -> dict[str, Any]:
    given = [(one, value) for one, value in zip(found, values, strict=False) if value is not None]
    examples = {
        f"example{number}": {**({"summary": one.title} if one.title else {}), "value": value}
        for number, (one, value) in enumerate(given, 1)
    }
    return {"examples": examples} if examples else {}
