"""Descriptions of paths, as OPTIONS returns them and pages show them, made from the OpenAPI document."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from chalicelib.http.openapi import FORM, HTML, document, has_page
from chalicelib.http.router import JSON, Methods, Route
from chalicelib.reference.describing import NAMES, REFERENCE
from chalicelib.schemas.chef import FileForm

Field = dict[str, Any]

_NAMES = {"array": "list", "number": "number", "string": "string"}
_LIMITS = {
    "maxLength": "max_length",
    "minLength": "min_length",
    "minimum": "min_value",
    "maximum": "max_value",
    "maxItems": "max_items",
    "format": "format",
    "pattern": "pattern",
    "default": "default",
    "description": "help_text",
    "x-unit": "unit",
}


def path(methods: Methods) -> dict[str, Any]:
    """A path: its name, media types, and for each method the fields of its query and body."""
    routes = tuple(methods[method] for method in sorted(methods))
    first = methods.get("GET", routes[0])
    actions = {route.method: action(route) for route in routes}
    return {
        "name": first.summary,
        "description": actions[first.method]["description"],
        "renders": [JSON, *([HTML] if has_page(first) else [])],
        "parses": [FORM if any(route.body is FileForm for route in routes) else JSON],
        "actions": actions,
    }


@lru_cache(maxsize=256)
def action(route: Route) -> dict[str, Any]:
    """One method: `summary`, `description`, and `query` and `body` with fields by name, if it has any."""
    whole = document([route], "")
    found = whole["paths"].get(route.path, {}).get(route.method.lower(), {})
    about = found.get("description", route.description)
    return {"summary": route.summary, "description": about, **inputs(found, whole["components"]["schemas"])}


def inputs(operation: dict[str, Any], types: dict[str, Field]) -> dict[str, dict[str, Field]]:
    """The `query` and `body` of an OpenAPI operation, if it has any: fields by name."""
    query = {
        one["name"]: _field({**one, **one["schema"]}, False, types)
        for one in operation.get("parameters", ())
        if one["in"] == "query"
    }
    body = fields(body_of(operation), types)
    return {name: found for name, found in (("query", query), ("body", body)) if found}


def body_of(operation: dict[str, Any]) -> Field:
    """The schema of an operation's body, empty if it has none."""
    content = operation.get("requestBody", {}).get("content", {})
    return next((media["schema"] for media in content.values()), {})


def fields(schema: Field, types: dict[str, Field], levels: int = 2) -> dict[str, Field]:
    """The properties of a schema by name; those that are objects, or lists of objects, have `fields` themselves."""
    plain = resolved(schema, types)
    required = plain.get("required", ())
    own = plain.get("properties", {}) if levels else {}
    return {name: _field(one, name in required, types, levels - 1) for name, one in own.items()}


def resolved(schema: Field, types: dict[str, Field]) -> Field:
    """The schema itself, if this is a reference to it."""
    return types[schema["$ref"].removeprefix(REFERENCE)] if "$ref" in schema else schema


def _field(schema: Field, required: bool, types: dict[str, Field], levels: int = 0) -> Field:
    alternatives = list(_alternatives(schema, types))
    plain = {**{name: value for choice in alternatives for name, value in choice.items()}, **schema}
    limits = {ours: plain[name] for name, ours in _LIMITS.items() if plain.get(name) not in (None, "")}
    found = [one for choice in alternatives for one in choices(choice, types)]
    known = [one for place, one in enumerate(found) if one not in found[:place]]
    inner = next(filter(None, (fields(_item(choice), types, levels) for choice in alternatives)), {})
    return {
        "type": type_of(schema, types),
        "required": required,
        **limits,
        **({"choices": known} if known else {}),
        **({"fields": inner} if inner else {}),
    }


def _alternatives(schema: Field, types: dict[str, Field]) -> Iterator[Field]:
    """The schemas of which a value meets one."""
    plain = resolved(schema, types)
    for one in plain.get("anyOf", ()):
        yield from _alternatives(one, types)
    if "anyOf" not in plain:
        yield plain


def choices(schema: Field, types: dict[str, Field]) -> Iterator[dict[str, Any]]:
    """The values that a field, an item of a list or a key of an object may have, with their names."""
    for part in (schema, schema.get("items", {}), schema.get("propertyNames", {})):
        plain = resolved(part, types)
        names = plain.get(NAMES, {})
        for value in plain.get("enum") or names:
            yield {"value": value, "display_name": names.get(str(value), str(value))}


def _item(schema: Field) -> Field:
    return schema.get("items", schema) if schema.get("type") == "array" else schema


def type_of(schema: Field, types: dict[str, Field]) -> str:
    """The type in words: `string or null`."""
    return " or ".join(dict.fromkeys(_words(schema, types)))


def _words(schema: Field, types: dict[str, Field]) -> Iterator[str]:
    for choice in schema.get("anyOf", [schema]):
        plain = resolved(choice, types)
        yield from _words(plain, types) if "anyOf" in plain else [_word(plain, types)]


def _word(schema: Field, types: dict[str, Field]) -> str:
    kind = schema.get("type", "")
    items = resolved(schema.get("items", {}), types)
    if kind == "array" and items.get("type"):
        return f"list of {items['type']}s"
    return _NAMES.get(kind, kind) or ("constant" if "const" in schema else "any")
