"""The tables in DynamoDB Local, where DYNAMODB_URL says that it is: the functions of `moto_tables`, by calls.

Import it before any client is made: from then on it knows which tables were written, and reads no others.
"""

import json
from functools import cache
from typing import Any

from botocore.session import get_session

from infra import resources
from tests.conftest import PREFIX
from tests.support.aws.botocore_internals import handle

WRITES = ("PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems")
BATCH = 25  # writes a BatchWriteItem (AWS)

_written: set[str] = set()  # tables, with their prefix, that may hold something


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    if model.name in WRITES:
        actions = [part for action in params.get("TransactItems", ()) for part in action.values()]
        _written.update(
            params.get("RequestItems", ()), (part["TableName"] for part in (params, *actions) if "TableName" in part)
        )


handle("provide-client-params.dynamodb", _note)


def contents() -> dict[str, list[str]]:
    """All items by table, as text that can be compared."""
    held = {name: sorted(json.dumps(item, sort_keys=True) for item in items) for name, items in copied().items()}
    return {name: held.get(name, []) for name in _keys()}


def are_empty() -> bool:
    """Whether no table holds anything."""
    return not any(copied().values())


def copied() -> dict[str, list[dict[str, Any]]]:
    """What all tables hold, for `put`."""
    return {name.removeprefix(PREFIX): _items(name) for name in list(_written)}


def put(copy: dict[str, list[dict[str, Any]]]) -> None:
    """Put into the tables what they held once."""
    for name, items in copy.items():
        _write(name, [{"PutRequest": {"Item": item}} for item in items])


def empty() -> None:
    """Take everything out of the tables."""
    for name, items in copied().items():
        keys = _keys()[name]
        _write(name, [{"DeleteRequest": {"Key": {part: item[part] for part in keys}}} for item in items])
    _written.clear()


def _items(table: str) -> list[dict[str, Any]]:
    pages = _client().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def _write(table: str, requests: list[dict[str, Any]]) -> None:
    for at in range(0, len(requests), BATCH):
        left = _client().batch_write_item(RequestItems={PREFIX + table: requests[at : at + BATCH]})["UnprocessedItems"]
        assert not left


@cache
def _client() -> Any:
    return get_session().create_client("dynamodb")


@cache
def _keys() -> dict[str, list[str]]:
    """The attributes of every table's key."""
    return {
        definition["TableName"].removeprefix(PREFIX): [part["AttributeName"] for part in definition["KeySchema"]]
        for definition in resources.tables(PREFIX)
    }
