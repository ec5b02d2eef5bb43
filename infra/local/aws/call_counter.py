"""Counts the application's calls to AWS, in the units that AWS bills.

If `COUNT_CALLS` names a folder, each process of the stack writes a file there with one line of JSON per call:
`{"service", "operation", "read", "write"}`, the last two in request units of DynamoDB.
"""

import json
import math
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import botocore

from infra import resources

READ_UNIT = 4096  # bytes of a consistent read
WRITE_UNIT = 1024
READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query")


def begin() -> None:
    """Count the calls of all clients that this process creates from now on, if `COUNT_CALLS` is set."""
    folder = os.environ.get("COUNT_CALLS")
    if not folder:
        return
    out = (Path(folder) / f"{os.getpid()}.jsonl").open("a")
    lock = Lock()

    def note(entry: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(entry) + "\n")
            out.flush()

    botocore.register_initializer(partial(watch, note=note))


def watch(session: Any, note: Callable[[dict[str, Any]], None]) -> None:
    """Note all calls of the session's clients that are answered; of DynamoDB's those that succeed."""
    session.register("provide-client-params.dynamodb", _ask_for_capacity)
    session.register("after-call", partial(_count, note))


def _ask_for_capacity(params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    context["counted_arguments"] = params
    return {**params, "ReturnConsumedCapacity": "TOTAL"}


def _count(
    note: Callable[[dict[str, Any]], None],
    http_response: Any,
    parsed: dict[str, Any],
    model: Any,
    context: Any,
    **_: Any,
) -> None:
    operation, service = model.name, model.service_model.service_name
    entry = {"service": service, "operation": operation, "read": 0.0, "write": 0.0}
    if service == "dynamodb":
        if http_response.status_code >= 300:
            return
        arguments = context["counted_arguments"]
        if operation in READS:
            entry["read"] = read_units(operation, arguments, parsed)
        else:
            entry["write"] = write_units(arguments, parsed)
    note(entry)


def read_units(operation: str, arguments: dict[str, Any], answer: dict[str, Any]) -> float:
    """Request units of a read, by the size of its results: rounded up per Query, elsewhere per item."""
    if operation == "Query":
        rate = 1.0 if arguments.get("ConsistentRead") else 0.5
        return rate * _units(sum(map(size, answer.get("Items", []))), READ_UNIT)
    if operation == "BatchGetItem":
        return sum(
            (1.0 if part.get("ConsistentRead") else 0.5) * _found(answer["Responses"].get(table, []), len(part["Keys"]))
            for table, part in arguments["RequestItems"].items()
        )
    if operation == "TransactGetItems":
        found = [part.get("Item", {}) for part in answer.get("Responses", [])]
        return 2.0 * _found(found, len(found))
    return (1.0 if arguments.get("ConsistentRead") else 0.5) * _found([answer.get("Item", {})], 1)


def write_units(arguments: dict[str, Any], answer: dict[str, Any]) -> float:
    """Request units of a write: those of the response, and those of the indexes for puts in transactions, which
    ministack does not report."""
    reported = answer.get("ConsumedCapacity") or []
    units = sum(part["CapacityUnits"] for part in (reported if isinstance(reported, list) else [reported]))
    puts = [action["Put"] for action in arguments.get("TransactItems", []) if "Put" in action]
    return float(units) + sum(_index_units(put["TableName"], put["Item"]) for put in puts)


def size(item: Any) -> int:
    """Bytes of an item or of a value in DynamoDB's form, about as DynamoDB counts them."""
    if isinstance(item, dict):
        return sum(len(name.encode()) + size(value) for name, value in item.items())
    if isinstance(item, list):
        return sum(map(size, item))
    return len(item.encode()) if isinstance(item, str) else 1


def _found(items: list[dict[str, Any]], requested: int) -> int:
    """Missing items cost one unit, too."""
    return sum(_units(size(item), READ_UNIT) for item in items) + max(0, requested - len(items))


def _index_units(table: str, item: dict[str, Any]) -> int:
    indexes = _indexes().get(table.rpartition("-")[2], [])
    return sum(
        _units(size(item), WRITE_UNIT) if index["Projection"]["ProjectionType"] == "ALL" else 1
        for index in indexes
        if all(part["AttributeName"] in item for part in index["KeySchema"])
    )


@cache
def _indexes() -> dict[str, list[dict[str, Any]]]:
    return {table["TableName"]: table.get("GlobalSecondaryIndexes", []) for table in resources.tables("")}


def _units(count: int, unit: int) -> int:
    return max(1, math.ceil(count / unit))
