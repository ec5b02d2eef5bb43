"""The tables by moto's own books: a call for every item would take longer than most tests."""

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
    """Whether no table holds anything."""
    return not any(table.items for table in _tables().values())


def copied() -> dict[str, Any]:
    """What all tables hold, for `put`."""
    return {name: deepcopy(table.items) for name, table in _tables().items() if table.items}


def put(copy: dict[str, Any]) -> None:
    """Put into the tables what they held once."""
    tables = _tables()
    for name, items in copy.items():
        tables[name].items.update(deepcopy(items))


def empty() -> None:
    """Take everything out of the tables."""
    for table in _tables().values():
        table.items.clear()


def _tables() -> dict[str, Any]:
    return {name.removeprefix(PREFIX): table for name, table in moto_internals.tables().items()}
