"""The tables in DynamoDB Local at DYNAMODB_URL: the functions of `moto_tables`, by calls.

Import it before any client is created: it notes which tables are written, and reads no others.
"""

import json
from functools import cache
from typing import Any

from botocore.session import get_session

from infra import resources
from tests.conftest import PREFIX
from tests.support.aws.botocore_internals import handle

WRITES = ("PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems")
BATCH = 25  # writes per BatchWriteItem (AWS)

_written: set[str] = set()  # tables, with their prefix, that may have items


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    if model.name in WRITES:
        actions = [part for action in params.get("TransactItems", ()) for part in action.values()]
        _written.update(
            params.get("RequestItems", ()), (part["TableName"] for part in (params, *actions) if "TableName" in part)
        )


handle("provide-client-params.dynamodb", _note)


def contents() -> dict[str, list[str]]:
    """All items by table, as text that can be compared."""
    stored = {name: sorted(json.dumps(item, sort_keys=True) for item in items) for name, items in copied().items()}
    return {name: stored.get(name, []) for name in _keys()}


def copied() -> dict[str, list[dict[str, Any]]]:
    """A copy of all tables, for `put`."""
    return {name.removeprefix(PREFIX): _items(name) for name in list(_written)}


def put(copy: dict[str, list[dict[str, Any]]]) -> None:
    """Restore the tables from a copy."""
    for name, items in copy.items():
        _write(name, [{"PutRequest": {"Item": item}} for item in items])


def empty() -> None:
    """Empty the tables."""
    for name, items in copied().items():
        keys = _keys()[name]
        _write(name, [{"DeleteRequest": {"Key": {part: item[part] for part in keys}}} for item in items])
    _written.clear()


def _items(table: str) -> list[dict[str, Any]]:
    pages = _client().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def _write(table: str, requests: list[dict[str, Any]]) -> None:
    for at in range(0, len(requests), BATCH):
        unprocessed = _client().batch_write_item(RequestItems={PREFIX + table: requests[at : at + BATCH]})[
            "UnprocessedItems"
        ]
        assert not unprocessed


@cache
def _client() -> Any:
    return get_session().create_client("dynamodb")


@cache
def _keys() -> dict[str, list[str]]:
    """The key attributes of every table."""
    return {
        definition["TableName"].removeprefix(PREFIX): [part["AttributeName"] for part in definition["KeySchema"]]
        for definition in resources.tables(PREFIX)
    }
