"""Bodies and queries as forms: one input for each field, and a body to start from."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Field = Mapping[str, Any]  # as `http/options.py` describes it

MAX_LINE = 250  # characters; longer texts get several lines
_EMPTY = {"string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}
_KINDS = (("boolean", "checkbox"), ("integer", "number"), ("number", "number"), ("string", "text"))
_NO_CHOICE = {"value": "", "display_name": ""}
_YES_NO = ({"value": "true", "display_name": "yes"}, {"value": "false", "display_name": "no"})


@dataclass(frozen=True)
class Input:
    """An input of a form. `kind` is select, multiple, checkbox, number, text, lines, json or file."""

    name: str
    kind: str
    value: str
    field: Field
    choices: tuple[Mapping[str, Any], ...] = ()
    chosen: frozenset[str] = frozenset()


def inputs(fields: Mapping[str, Field], current: Mapping[str, Any], is_upload: bool = False) -> list[Input]:
    """The inputs of a body, with current values."""
    return [_input(name, field, current.get(name, field.get("default")), is_upload) for name, field in fields.items()]


def _input(name: str, field: Field, value: Any, is_upload: bool) -> Input:
    kind = "file" if is_upload else _kind(field)
    if kind in ("select", "multiple"):
        chosen = frozenset(_chosen(value))
        choices = _named_once(field["choices"], chosen)
        shown = choices if kind == "multiple" or field["required"] else (_NO_CHOICE, *choices)
        return Input(name, kind, "", field, shown, chosen)
    if kind == "checkbox":
        return Input(name, kind, "true" if value is True else "", field)
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Input(name, kind, text, field)


def _named_once(choices: Iterable[Mapping[str, Any]], chosen: frozenset[str]) -> tuple[Mapping[str, Any], ...]:
    """The choices, without those that have the name of another one: a licence has a name and an ID."""
    found: dict[str, Mapping[str, Any]] = {}
    for choice in choices:
        if choice["display_name"] not in found or str(choice["value"]) in chosen:
            found[choice["display_name"]] = choice
    return tuple(found.values())


def _kind(field: Field) -> str:
    kind = field["type"]
    if "choices" in field:
        return "multiple" if kind.startswith(("list", "object")) else "select"
    found = next((name for start, name in _KINDS if kind.startswith(start)), "json")
    return "lines" if found == "text" and field.get("max_length", 0) > MAX_LINE else found


def _chosen(value: Any) -> Iterator[str]:
    """The chosen values as text: of a list, of a map {value: true}, or the value itself."""
    if isinstance(value, dict):
        yield from (str(name) for name, is_in in value.items() if is_in)
    elif isinstance(value, list):
        yield from map(str, value)
    elif value is not None:
        yield str(value)


def query(fields: Mapping[str, Field], given: Mapping[str, str]) -> list[Input]:
    """The inputs of a query, with the values that were sent."""
    found = []
    for name, field in fields.items():
        value = given.get(name, "")
        known = _YES_NO if field["type"] == "boolean" else field.get("choices", ())
        if known and not field["type"].startswith("list"):
            found.append(Input(name, "select", value, field, (_NO_CHOICE, *known), frozenset({value})))
        else:
            found.append(Input(name, "text", value, field))
    return found


def body(fields: Mapping[str, Field], current: Mapping[str, Any]) -> str:
    """A body to start from: what has a current value, and the required fields, empty."""
    given = {
        name: current[name] if name in current else _empty(field)
        for name, field in fields.items()
        if name in current or field["required"]
    }
    return json.dumps(given, indent=2, ensure_ascii=False)


def _empty(field: Field) -> Any:
    return field["choices"][0]["value"] if "choices" in field else _EMPTY.get(field["type"], [])
