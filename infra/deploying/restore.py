"""Restores tables to an earlier time, in two steps with time to check the result between them.

`make restore` lets DynamoDB restore each table beside the one in use, as `<table>-restored`; `make restore-finish`
makes the table in use equal to the copy, item by item, and leaves the copy. The table in use stays part of the stack,
with its name, backups and protection. Both read TABLES, and the first one TIME.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra import resources
from infra.deploying import account as accounts
from infra.deploying.account import Account
from infra.deploying.events import say_now
from infra.deploying.problems import DeployError

BESIDE = "-restored"
SEGMENTS = 8  # of a table, processed in parallel
MAX_BATCH = 25  # puts and deletes per call (AWS)
MAX_TRIES = 10
POLL = 15.0  # seconds

Item = dict[str, Any]


class RestoreError(DeployError):
    """Why a restore failed, as one sentence."""


def begin(dynamodb: Any, prefix: str, moment: datetime, names: Iterable[str]) -> None:
    """Request a copy of each table as of that moment, and wait for all of them.

    Raises RestoreError if there is a copy already or DynamoDB refuses; the tables in use are not touched.
    """
    tables = [prefix + name for name in names]
    existing = [table + BESIDE for table in tables if _has(dynamodb, table + BESIDE)]
    if existing:
        raise RestoreError(
            f"{', '.join(existing)} exists already: check it and run make restore-finish, or delete it to start again."
        )
    for table in tables:
        try:
            dynamodb.restore_table_to_point_in_time(
                SourceTableName=table, TargetTableName=table + BESIDE, RestoreDateTime=moment
            )
        except ClientError as error:
            raise RestoreError(f"{table} cannot be restored: {error.response['Error']['Message']}") from error
    for table in tables:
        while dynamodb.describe_table(TableName=table + BESIDE)["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(POLL)


def _has(dynamodb: Any, table: str) -> bool:
    try:
        dynamodb.describe_table(TableName=table)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def finish(dynamodb: Any, prefix: str, name: str) -> tuple[int, int]:
    """Make a table equal to its restored copy; returns the numbers of items written and deleted.

    It can be interrupted and started again. Writes to the table meanwhile are lost: stop the functions first. Raises
    RestoreError if there is no copy.
    """
    table, beside = prefix + name, prefix + name + BESIDE
    try:
        keys = [part["AttributeName"] for part in dynamodb.describe_table(TableName=beside)["Table"]["KeySchema"]]
    except dynamodb.exceptions.ResourceNotFoundException:
        raise RestoreError(f"There is no {beside}: run make restore first.") from None
    wanted = _each_segment(lambda segment: _copy(dynamodb, beside, table, keys, segment))
    copied = {key for part in wanted for key in part}
    deleted = _each_segment(lambda segment: [_clear(dynamodb, table, keys, copied, segment)])
    return len(copied), sum(count for part in deleted for count in part)


def _each_segment(work: Any) -> list[Any]:
    with ThreadPoolExecutor(SEGMENTS) as threads:
        return list(threads.map(work, range(SEGMENTS)))


def _copy(dynamodb: Any, source: str, target: str, keys: list[str], segment: int) -> list[str]:
    """Copy all items of a segment; returns their keys as text."""
    found = []
    for items in _batches(_items(dynamodb, source, segment)):
        _write(dynamodb, target, [{"PutRequest": {"Item": item}} for item in items])
        found += [_text(item, keys) for item in items]
    return found


def _clear(dynamodb: Any, table: str, keys: list[str], copied: set[str], segment: int) -> int:
    """Delete the items of a segment that are not in the copy; returns their number."""
    count = 0
    extra = (item for item in _items(dynamodb, table, segment, keys) if _text(item, keys) not in copied)
    for items in _batches(extra):
        _write(dynamodb, table, [{"DeleteRequest": {"Key": {key: item[key] for key in keys}}} for item in items])
        count += len(items)
    return count


def _items(dynamodb: Any, table: str, segment: int, only: Iterable[str] = ()) -> Iterator[Item]:
    names = {f"#{number}": name for number, name in enumerate(only)}
    projection = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names} if names else {}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table, Segment=segment, TotalSegments=SEGMENTS, ConsistentRead=True, **projection
    )
    for page in pages:
        yield from page["Items"]


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == MAX_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(dynamodb: Any, table: str, requests: list[Item]) -> None:
    todo = {table: requests}
    for attempt in range(MAX_TRIES):
        todo = dynamodb.batch_write_item(RequestItems=todo).get("UnprocessedItems") or {}
        if not todo:
            return
        time.sleep(0.1 * 2**attempt)
    raise RestoreError(f"DynamoDB did not accept all items for {table}: run this step again.")


def _text(item: Item, keys: list[str]) -> str:
    return repr([item[key] for key in keys])


def _tables(prefix: str, options: Mapping[str, str]) -> list[str]:
    names = options.get("TABLES", "").split()
    known = {table["TableName"].removeprefix(prefix) for table in resources.tables(prefix)}
    if not names or set(names) - known:
        raise RestoreError(f'TABLES must name some of {", ".join(sorted(known))}: TABLES="nodes children".')
    return names


def _begin(at: Account, stage: str, options: Mapping[str, str]) -> None:
    prefix = accounts.parameters_of(stage)["Prefix"]
    names = _tables(prefix, options)
    begin(at.client("dynamodb"), prefix, _moment(options.get("TIME", "")), names)
    say_now(f"Check {', '.join(prefix + name + BESIDE for name in names)}, then run make restore-finish.")


def _finish(at: Account, stage: str, options: Mapping[str, str]) -> None:
    prefix = accounts.parameters_of(stage)["Prefix"]
    for name in _tables(prefix, options):
        written, deleted = finish(at.client("dynamodb"), prefix, name)
        say_now(f"{prefix}{name}: {written} items restored, {deleted} newer ones deleted")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise RestoreError(f"TIME must be like 2026-01-31T12:00:00Z, not {text!r}.")
    return moment


COMMANDS = {"restore": _begin, "restore-finish": _finish}
