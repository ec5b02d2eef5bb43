"""Writes docs/data-model.md from the models: `python -m tests.support.source.data_model`."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

from chalicelib.models.base import Table
from tests.conftest import PREFIX
from tests.support.source.code import ROOT, Function, modules, public_functions
from tests.support.source.pynamodb_internals import schema_of

PATH = ROOT / "docs" / "data-model.md"
MODELS = "chalicelib.models"
BASE = f"{MODELS}.base"
HEAD = """# Data model

Written by `python -m tests.support.source.data_model` from the docstrings of `chalicelib/models/`; a test fails when
it is stale. Tables and indexes are those of `infra/resources.yaml`. Every table is read by key or by index, never
scanned; what decides anything is read consistently from a table, and an index serves only what may lag by a second.
"""
READS = frozenset({"find", "read_many", "read_raw", "query_raw", "query", "batch_get"})
WRITES = frozenset(
    {
        "write_many",
        "transact",
        "save_if",
        "save_new",
        "update_if",
        "delete_if",
        "delete_if_there",
        "save",
        "update",
        "delete",
    }
)
_TYPES = {"S": "text", "N": "number", "BOOL": "true or false", "B": "bytes", "SS": "set of texts"}


def render() -> str:
    """The whole document."""
    return "\n".join([HEAD, *(_section(module) for module in _documented())])


def model_modules() -> list[str]:
    """The modules of the models, by name."""
    return [module for module in modules() if module.startswith(f"{MODELS}.") and module != BASE]


def models_of(module: str) -> list[type[Table]]:
    """The tables that a module defines."""
    members = vars(importlib.import_module(module)).values()
    return [m for m in members if inspect.isclass(m) and issubclass(m, Table) and m.__module__ == module]


def table_name(model: type[Table]) -> str:
    """The name of a model's table, without the prefix of the deployment."""
    name: str = model.Meta.table_name
    return name.removeprefix(PREFIX)


def queries(module: str) -> list[Function]:
    """The public functions of a models module that read."""
    return [function for function in public_functions(module) if _does(module, function.name, READS)]


def changes(module: str) -> list[Function]:
    """The public functions of a models module that write."""
    return [function for function in public_functions(module) if _does(module, function.name, WRITES)]


def _documented() -> Iterator[str]:
    for module in model_modules():
        if models_of(module) or queries(module):
            yield module


def _section(module: str) -> str:
    docstring = ast.get_docstring(modules()[module]) or ""
    title = ", ".join(table_name(model) for model in models_of(module)) or module.removeprefix(f"{MODELS}.")
    parts = [f"## {title}\n", f"`{module.replace('.', '/')}.py`\n", docstring, ""]
    for model in models_of(module):
        parts += [*_keys(model), "", *_attributes(model), ""]
    writing = {function.name for function in changes(module)}
    reading = [function for function in queries(module) if function.name not in writing]
    parts += _functions("Queries", reading) + _functions("Changes", changes(module))
    return "\n".join(parts)


def _keys(model: type[Table]) -> Iterator[str]:
    schema = schema_of(model)
    yield f"- key: {_key(schema['key_schema'])}"
    for index in sorted(schema["global_secondary_indexes"], key=lambda index: str(index["index_name"])):
        projection = str(index["projection"]["ProjectionType"]).lower().replace("_", " ")
        yield f"- index `{index['index_name']}`: {_key(index['key_schema'])}; projects {projection}"


def _key(schema: Any) -> str:
    parts = sorted(schema, key=lambda part: part["KeyType"] != "HASH")
    return ", ".join(f"{part['KeyType'].lower()} `{part['AttributeName']}`" for part in parts)


def _attributes(model: type[Table]) -> Iterator[str]:
    yield "| attribute | type |"
    yield "| --- | --- |"
    known = model.get_attributes()
    for name in filter(known.__contains__, vars(model)):
        attribute = known[name]
        json = type(attribute).__name__ == "JSONAttribute"
        time = type(attribute).__name__ == "UTCDateTimeAttribute"
        kind = "JSON" if json else "time" if time else _TYPES[attribute.attr_type]
        yield f"| `{name}` | {kind}{', or none' if attribute.null else ''} |"


def _functions(title: str, found: list[Function]) -> list[str]:
    if not found:
        return []
    rows = [f"| `{_signature(function)}` | {_sentence(function)} |" for function in found]
    return [f"| {title.lower()} | |", "| --- | --- |", *rows, ""]


def _signature(function: Function) -> str:
    names = [argument.arg for argument in function.node.args.args]
    if function.node.args.kwarg:
        names.append(f"**{function.node.args.kwarg.arg}")
    return f"{function.name}({', '.join(names)})"


def _sentence(function: Function) -> str:
    """The first paragraph of the docstring, on one line."""
    docstring = ast.get_docstring(function.node) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")


# ---- which functions read, and which write ----


def _does(module: str, name: str, primitives: frozenset[str]) -> bool:
    """Whether a function uses one of these, directly or through other functions of the models."""
    todo, seen = [(module, name)], set()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        used = _uses(*place)
        if any(used_name in primitives and not _is_ours(used_module) for used_module, used_name in used):
            return True
        todo += [found for found in used if _is_ours(found[0])]
    return False


def _is_ours(module: str) -> bool:
    return module in modules() and module != BASE


@cache
def _uses(module: str, name: str) -> frozenset[tuple[str, str]]:
    """(module, name) of all names that a function uses; the module is "" for attributes of other objects."""
    defined = {node.name: node for node in modules()[module].body if isinstance(node, ast.FunctionDef)}
    if name not in defined:
        return frozenset()
    names = _imported(module)
    used: set[tuple[str, str]] = set()
    nodes = list(ast.walk(defined[name]))
    of_dictionaries = [node.func for node in nodes if isinstance(node, ast.Call) and _updates_a_dictionary(node)]
    for node in nodes:
        if node in of_dictionaries:
            continue
        if isinstance(node, ast.Name):
            used.add((module, node.id) if node.id in defined else names.get(node.id, ("", node.id)))
        elif isinstance(node, ast.Attribute):
            owner = names.get(node.value.id, ("", "")) if isinstance(node.value, ast.Name) else ("", "")
            dotted = ".".join(filter(None, owner))
            used.add((dotted if dotted in modules() else "", node.attr))
    return frozenset(used)


def _updates_a_dictionary(call: ast.Call) -> bool:
    """`fields.update({…})`; an item's `update` takes a list of actions."""
    is_update = isinstance(call.func, ast.Attribute) and call.func.attr == "update"
    return is_update and not (call.args and isinstance(call.args[0], ast.List | ast.Name))


def _imported(module: str) -> dict[str, tuple[str, str]]:
    """The names that a module imports, each with (module, name in it)."""
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
