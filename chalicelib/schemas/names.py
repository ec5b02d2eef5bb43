"""The names that a request body may contain: those of its schema and of the resource that it belongs to.

Schemas ignore what they do not know, so a misspelled name would do nothing, in silence. `unknown` finds such names. It
is for REST bodies only: chefs and sync clients may be newer than this server.
"""

import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typing_extensions
from pydantic import BaseModel

Names = Mapping[str, Any]  # by name, the Names inside it; empty where anything may be inside

MAX_REPORTED = 10  # unknown names per request
_MAX_LISTED = 12  # names in a sentence
_MAX_NAME = 60  # characters of a name in an error
_DOTTED = ".*"  # ends a name whose parts may be sent as `<name>.<part>`
_CUTOFF = 0.6  # of difflib
_ALIASES = (typing_extensions.TypeAliasType,)
_UNIONS = (Union, types.UnionType)


@lru_cache(maxsize=512)
def names_of(*declared: Any) -> Names:
    """The names in objects of these types, which are schemas, TypedDicts, or lists, unions and aliases of them."""
    found: dict[str, Any] = {}
    for one in declared:
        for name, inner in _fields(one):
            found[name] = {**found.get(name, {}), **inner}
    return found


def unknown(data: Any, known: Names, writable: Names, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, sentence) for each name in a body that is not among the known ones."""
    for index, item in enumerate(data if isinstance(data, list) else ()):
        yield from unknown(item, known, writable, f"{path}{index}.")
    for name, value in data.items() if isinstance(data, dict) and known else ():
        if name in known:
            yield from unknown(value, known[name], writable.get(name, {}), f"{path}{name}.")
        elif name.partition(".")[0] + _DOTTED not in known:
            shown = name[:_MAX_NAME].encode(errors="replace").decode()
            yield f"{path}{shown}", f"Unknown field. {_advice(shown, _plain(writable), _plain(known))}"


def _plain(names: Names) -> list[str]:
    return sorted(name for name in names if not name.endswith(_DOTTED))


def _advice(name: str, writable: list[str], known: list[str]) -> str:
    nearest = _nearest(name, writable) or _nearest(name, known)
    if nearest:
        return f'Did you mean "{nearest}"?'
    if not writable:
        return "This takes no fields. Omit it."
    if len(writable) <= _MAX_LISTED:
        return f"Send only: {', '.join(writable)}."
    return "Omit it, or look up the fields: OPTIONS on this path lists them."


def _nearest(name: str, among: list[str]) -> str | None:
    plain = name.lower().replace("-", "_")
    close = get_close_matches(plain, among, 1, _CUTOFF)
    return close[0] if close else next((one for one in among if plain in one.split("_")), None)


def _fields(declared: Any) -> Iterator[tuple[str, Names]]:
    """The fields of all objects in a type."""
    origin = get_origin(declared)
    if isinstance(declared, type) and issubclass(declared, BaseModel):
        yield from _of_schema(declared)
    elif isinstance(declared, _ALIASES):
        yield from _fields(declared.__value__)
    elif typing_extensions.is_typeddict(origin or declared):
        hints = get_type_hints(origin or declared, include_extras=True)
        yield from ((name, names_of(hint)) for name, hint in hints.items())
    elif origin is Annotated:
        for part in (declared.__origin__, *map(_as_written, declared.__metadata__)):
            yield from _fields(part)
    elif origin is list or origin in _UNIONS:
        for part in get_args(declared):
            yield from _fields(part)


def _of_schema(schema: type[BaseModel]) -> Iterator[tuple[str, Names]]:
    dotted = getattr(schema, "dotted", ())
    for name, field in schema.model_fields.items():
        inner = dict(_fields(field.annotation))
        for part in field.metadata:
            inner.update(_fields(_as_written(part)))
        yield field.alias or name, inner
        if name in dotted:
            yield name + _DOTTED, {}


def _as_written(metadata: Any) -> Any:
    """The type that a validator accepts, if it declares one."""
    return getattr(metadata, "json_schema_input_type", None)
