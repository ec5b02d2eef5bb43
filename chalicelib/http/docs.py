"""The content of the API's reference, made from the OpenAPI document: by subject, with examples as code."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from chalicelib.config import settings
from chalicelib.http import options
from chalicelib.http.openapi import document, references, used
from chalicelib.http.router import JSON, PUBLIC, Route
from chalicelib.reference import examples, snippets, texts
from chalicelib.reference.describing import REFERENCE
from chalicelib.reference.examples import Exchange

Field = dict[str, Any]


@lru_cache(maxsize=1)
def of_routes(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The content of the reference of all routes."""
    return reference(document(routes, settings().public_url))


def reference(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a reference: `subjects` with their `operations`, and the `types` of responses by name."""
    types = whole["components"]["schemas"]
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for path_, methods in whole["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path_, method, operation, types))
    slugs = {subject.title: subject.slug for subject in texts.load().subjects}
    found = [
        {
            "name": tag["name"],
            "slug": slugs.get(tag["name"], "other"),
            "about": tag["description"],
            "operations": in_order(by_tag[tag["name"]]),
        }
        for tag in whole["tags"]
    ]
    answers = [one["responses"] for methods in whole["paths"].values() for one in methods.values()]
    paragraphs = whole["info"]["description"].strip().split("\n\n")
    return {
        "description": paragraphs,
        "subjects": found,
        "types": {name: _type(own, types) for name, own in used(types, answers).items()},
    }


def matching(subjects: list[dict[str, Any]], search: str) -> list[dict[str, Any]]:
    """The subjects with those operations whose method, path, summary or description has all words."""
    words = search.casefold().split()

    def matches(one: dict[str, Any]) -> bool:
        text = f"{one['method']} {one['path']} {one['summary']} {one['description']}".casefold()
        return all(word in text for word in words)

    found = ({**one, "operations": list(filter(matches, one["operations"]))} for one in subjects)
    return [one for one in found if one["operations"]]


def in_order(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Operations as their subject's file has them."""
    names = [name for subject in texts.load().subjects for name in subject.operations]
    places = {name: place for place, name in enumerate(names)}
    return sorted(operations, key=lambda one: places.get(f"{one['method']} {one['path']}", len(places)))


def _operation(path: str, method: str, operation: Field, types: dict[str, Field]) -> dict[str, Any]:
    responses = operation["responses"].items()
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", "").rstrip("."),
        "anyone": not operation["security"],
        "opens": opens(method.upper(), path),
        "path_parameters": [one for one in operation["parameters"] if one["in"] == "path"],
        "query": {},
        "body": {},
        **options.inputs(operation, types),
        "answers": [
            {"status": status, "type": _response_type(response)}
            for status, response in responses
            if "$ref" not in response
        ],
    }


def opens(method: str, path: str) -> bool:
    """Whether the address can be opened in a browser without an ID: lists, and forms for POST alone."""
    return method in ("GET", "POST") and "{" not in path and not path.startswith(PUBLIC)


def with_examples(operation: dict[str, Any], server: str) -> dict[str, Any]:
    """An operation with its examples as text: requests as code, and answers as JSON."""
    found = examples.of_operation(f"{operation['method']} {operation['path']}")
    return {**operation, "examples": [_example(one, server) for one in found]}


def _example(exchange: Exchange, server: str) -> dict[str, Any]:
    return {
        "title": exchange.title,
        "url": exchange.url,
        "form": exchange.form,
        "body": _pretty(examples.at(server, exchange.body)),
        "curl": snippets.curl(exchange, server),
        "python": snippets.python(exchange, server),
        "status": exchange.status,
        "answer": _pretty(examples.at(server, exchange.answer)),
    }


def _pretty(value: Any) -> str:
    """Data as indented JSON; a page as it is, and nothing as empty text."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, indent=2)


def types_of(operations: list[dict[str, Any]], types: Mapping[str, Any]) -> dict[str, Any]:
    """The types that the answers of operations have, directly or within other types, by name."""
    found: dict[str, Any] = {}
    todo = {name for one in operations for answer in one["answers"] for name in _named(answer["type"])}
    while todo:
        name = todo.pop()
        if name in types and name not in found:
            found[name] = types[name]
            todo |= set(types[name]["uses"])
    return dict(sorted(found.items()))


def _named(text: str) -> Iterator[str]:
    """The names in backticks."""
    return iter(text.split("`")[1::2])


def _response_type(response: Field) -> str:
    schema = response.get("content", {}).get(JSON, {}).get("schema")
    return type_name(schema) if schema else ""


def type_name(schema: Field) -> str:
    """The type of a response in words, with the names of types in backticks."""
    if "$ref" in schema:
        return f"`{schema['$ref'].removeprefix(REFERENCE)}`"
    if "anyOf" in schema:
        return " or ".join(map(type_name, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {type_name(schema['items'])}"
    return str(schema.get("type", "any"))


def _type(schema: Field, types: dict[str, Field]) -> dict[str, Any]:
    return {
        "uses": sorted(references(schema)),
        "description": schema.get("description", ""),
        "fields": options.fields(schema, types),
        "choices": list(options.choices(schema, types)),
    }
