"""The tables, read and written in moto's memory: a call per item would take longer than most tests."""

import json
from copy import deepcopy
from typing import Any

from tests.conftest import PREFIX
from tests.support.aws import moto_internals


def contents() -> dict[str, list[str]]:
    """All items by table, as text that can be compared."""
    return {
        name: sorted(json.dumps(item.to_json(), sort_keys=True) for item in table.all_items())
        for name, table in _tables().items()
    }


def are_empty() -> bool:
    """Whether all tables are empty."""
    return not any(table.items for table in _tables().values())


def copied() -> dict[str, Any]:
    """A copy of all tables, for `put`."""
    return {name: deepcopy(table.items) for name, table in _tables().items() if table.items}


def put(copy: dict[str, Any]) -> None:
    """Restore the tables from a copy."""
    tables = _tables()
    for name, items in copy.items():
        tables[name].items.update(deepcopy(items))


def empty() -> None:
    """Empty the tables."""
    for table in _tables().values():
        table.items.clear()


def _tables() -> dict[str, Any]:
    return {name.removeprefix(PREFIX): table for name, table in moto_internals.tables().items()}
