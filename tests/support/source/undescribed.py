"""What the OpenAPI document lacks: descriptions of operations, types and fields, names of choices, units."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from chalicelib.http import openapi
from chalicelib.reference import texts
from chalicelib.reference.describing import NAMES
from tests.support.source import routes

DOCUMENT = openapi.document(routes.ALL, "")
TYPES = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
# Names of numbers that are sizes or durations; a page_size is a number of items.
_MEASURED = re.compile(r"(^|_)(size|duration|space|progress)($|_)")
_COUNTED = ("page_size",)


def operations() -> Iterator[str]:
    """Operations without a description, and their parameters without one."""
    for name, operation in OPERATIONS.items():
        if not operation.get("description") or operation["tags"] == [texts.OTHER]:
            yield name
        for parameter in operation["parameters"]:
            if not parameter.get("description"):
                yield f"{name}?{parameter['name']}"


def types() -> Iterator[str]:
    """Types without a description, and their fields without one."""
    for name, one in TYPES.items():
        if not one.get("description"):
            yield name
        yield from (f"{name}.{field}" for field, own in one.get("properties", {}).items() if not own.get("description"))


def choices() -> Iterator[str]:
    """Where values may be chosen that have no name."""
    for place, part in _parts(DOCUMENT, ""):
        names = part.get(NAMES, {})
        if "enum" in part and not all(names.get(str(value)) for value in part["enum"]):
            yield place


def units() -> Iterator[str]:
    """Sizes and durations without a unit."""
    for owner, field, schema in _fields_and_parameters():
        parts = [part for _, part in _parts(schema, "")]
        is_number = any(part.get("type") in ("integer", "number") for part in parts)
        is_measured = is_number and _MEASURED.search(field) and field not in _COUNTED
        if is_measured and not any("x-unit" in part for part in parts):
            yield f"{owner}.{field}"


def _fields_and_parameters() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(type or operation, name, schema) of all fields and parameters."""
    for name, one in TYPES.items():
        yield from ((name, field, schema) for field, schema in one.get("properties", {}).items())
    for name, operation in OPERATIONS.items():
        yield from ((name, parameter["name"], parameter["schema"]) for parameter in operation["parameters"])


def _parts(part: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All objects in a document, with their places."""
    if isinstance(part, dict):
        yield place, part
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, one in inner:
        yield from _parts(one, f"{place}/{name}")


def unused() -> Iterator[str]:
    """Descriptions of what does not exist."""
    known = texts.load()
    yield from (name for subject in known.subjects for name in subject.operations if name not in OPERATIONS)
    yield from known.types.keys() - TYPES.keys()
    beginnings = {path[: end.end()] for path in DOCUMENT["paths"] for end in re.finditer(r"\{\w+\}", path)}
    yield from known.parameters.keys() - beginnings
    fields = set(_fields())
    for key in (*known.fields, *known.choices):
        if not any(fnmatchcase(name, key) or name.endswith(f".{key}") for name in fields):
            yield key


def _fields() -> Iterator[str]:
    """The names of all fields and parameters, with their types and the classes of their queries."""
    yield from (f"{name}.{field}" for name, one in TYPES.items() for field in one.get("properties", {}))
    for route in routes.ALL:
        for owner in route.query.__mro__ if route.query else ():
            for name, field in getattr(owner, "model_fields", {}).items():
                yield f"{owner.__name__}.{field.alias or name}"
