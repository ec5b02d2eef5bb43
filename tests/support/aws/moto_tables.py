"""The tables, read and written in moto's memory: a call per item would take longer than most tests."""

import json
import pickle
from typing import Any

from tests.conftest import PREFIX
from tests.support.aws import moto_internals


def contents() -> dict[str, list[str]]:
    """All items by table, as text that can be compared."""
    return {
        name: sorted(json.dumps(item.to_json(), sort_keys=True) for item in table.all_items())
        for name, table in _tables().items()
    }


def copied() -> dict[str, bytes]:
    """A copy of all tables, for `put`."""
    return {name: pickle.dumps(table.items) for name, table in _tables().items() if table.items}


def put(copy: dict[str, bytes]) -> None:
    """Restore the tables from a copy."""
    tables = _tables()
    for name, items in copy.items():
        tables[name].items.update(pickle.loads(items))


def empty() -> None:
    """Empty the tables."""
    for table in _tables().values():
        table.items.clear()


def _tables() -> dict[str, Any]:
    return {name.removeprefix(PREFIX): table for name, table in moto_internals.tables().items()}
