"""What all models share: reads over several tables, conditional writes, transactions that retry."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition as Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.models.connection import PARALLEL_CALLS, connection
from chalicelib.models.pynamodb_internals import SharedModel, table_connection

MAX_BATCH_GET = 100  # keys a BatchGetItem (AWS)
MAX_BATCH_WRITE = 25  # puts and deletes a BatchWriteItem (AWS)
MAX_TRANSACTION = 100  # actions a TransactWriteItems (AWS)

Update = Action  # of one attribute: what `update_if` takes
Transaction = TransactWrite  # what the functions given to `transact` fill
DatabaseError = PynamoDBException  # a call to DynamoDB that failed or got no answer; see `was_refused`
M = TypeVar("M", bound="Table")
T = TypeVar("T")
R = TypeVar("R")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="aws")


def in_parallel(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`function` of every item, several at once, in order; the first error is raised. Must not be nested."""
    todo = list(items)
    if len(todo) < 2:
        return [function(item) for item in todo]
    return list(_pool().map(function, todo))


class Table(SharedModel):
    """Base of the models: `Meta.table_name` is the name without the deployment's prefix."""


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def find(model: type[M], *key: Any) -> M | None:
    """The item with this key, read consistently, or None."""
    try:
        return model.get(key[0], *key[1:], consistent_read=True)  # type: ignore[misc]
    except model.DoesNotExist:
        return None


def read_many(
    keys: dict[type[Table], list[Any]], only: dict[type[Table], tuple[str, ...]] | None = None
) -> dict[type[Table], list[Any]]:
    """Consistent reads over several tables, a hundred keys a call, calls in parallel.

    `keys` maps a model to hash keys, or to (hash, range) pairs. Missing items are left out; the order is open. `only`
    is that of `read_raw`.
    """
    raw = read_raw(keys, only)
    return {model: [model.from_raw_data(item) for item in items] for model, items in raw.items()}


def read_raw(
    keys: dict[type[Table], list[Any]], only: dict[type[Table], tuple[str, ...]] | None = None
) -> dict[type[Table], list[dict[str, Any]]]:
    """`read_many` with items as DynamoDB writes them: making models of thousands takes longer than reading them.

    `only` names the attributes that are wanted of a table's items, where not all of them are.
    """
    wanted = [(model, key) for model, model_keys in keys.items() for key in dict.fromkeys(model_keys)]
    batches = [wanted[at : at + MAX_BATCH_GET] for at in range(0, len(wanted), MAX_BATCH_GET)]
    found: dict[type[Table], list[dict[str, Any]]] = {model: [] for model in keys}
    for items in in_parallel(lambda batch: _read_batch(batch, only or {}), batches):
        for model, raw in items:
            found[model].append(raw)
    return found


def _read_batch(
    batch: list[tuple[type[Table], Any]], only: dict[type[Table], tuple[str, ...]]
) -> list[tuple[type[Table], dict[str, Any]]]:
    names: dict[str, type[Table]] = {}
    request: dict[str, Any] = {}
    for model, key in batch:
        name = table_connection(model).table_name
        names[name] = model
        part = request.setdefault(name, {"Keys": [], "ConsistentRead": True, **_projection(only.get(model, ()))})
        part["Keys"].append(_raw_key(model, key))
    found = []
    for attempt in range(8):
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        found += [(names[name], raw) for name, rows in answer["Responses"].items() for raw in rows]
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return found
        _pause(attempt)
    raise TimeoutError("DynamoDB left keys of a batch unread after 8 tries.")


def _projection(names: tuple[str, ...]) -> dict[str, Any]:
    """What asks for these attributes alone; they go by other names, as some of theirs are words of DynamoDB."""
    if not names:
        return {}
    short = {f"#{number}": name for number, name in enumerate(names)}
    return {"ProjectionExpression": ", ".join(short), "ExpressionAttributeNames": short}


def _raw_key(model: type[Table], key: Any) -> dict[str, Any]:
    parts = key if isinstance(key, tuple) else (key,)
    return {
        name: {kind: serialize(part)} for (name, kind, serialize), part in zip(_key_parts(model), parts, strict=True)
    }


@cache
def _key_parts(model: type[Table]) -> list[tuple[str, str, Callable[[Any], Any]]]:
    """Of each part of a table's key its name, its type and how it is written, the hash key first."""
    parts = [
        attribute for attribute in model.get_attributes().values() if attribute.is_hash_key or attribute.is_range_key
    ]
    parts.sort(key=lambda attribute: attribute.is_range_key)
    return [(part.attr_name, part.attr_type, part.serialize) for part in parts]


def query_raw(
    model: type[Table], hash_key: Any, place: Condition | None = None, **options: Any
) -> Iterator[dict[str, Any]]:
    """Items of a partition as DynamoDB writes them, in order, a page at a time as they are needed, read consistently.

    `options` are those of PynamoDB's `TableConnection.query`.
    """
    start = None
    while True:
        found = table_connection(model).query(
            hash_key, place, consistent_read=True, exclusive_start_key=start, **options
        )
        yield from found["Items"]
        start = found.get("LastEvaluatedKey")
        if not start:
            return


def write_many(puts: Iterable[Table] = (), deletes: Iterable[tuple[type[Table], Any]] = ()) -> None:
    """Unconditional puts and deletes over several tables, 25 a call, calls in parallel."""
    actions = [_put_request(item) for item in puts]
    actions += [
        (table_connection(model).table_name, {"DeleteRequest": {"Key": _raw_key(model, key)}}) for model, key in deletes
    ]
    in_parallel(_write_batch, [actions[at : at + MAX_BATCH_WRITE] for at in range(0, len(actions), MAX_BATCH_WRITE)])


def _put_request(item: Table) -> tuple[str, dict[str, Any]]:
    return table_connection(type(item)).table_name, {"PutRequest": {"Item": item.serialize()}}


def _write_batch(actions: list[tuple[str, dict[str, Any]]]) -> None:
    request: dict[str, Any] = {}
    for name, action in actions:
        request.setdefault(name, []).append(action)
    for attempt in range(8):
        answer = connection().dispatch("BatchWriteItem", {"RequestItems": request})
        request = answer.get("UnprocessedItems") or {}
        if not request:
            return
        _pause(attempt)
    raise TimeoutError("DynamoDB left items of a batch unwritten after 8 tries.")


def update_if(item: Table, actions: list[Any], condition: Condition) -> bool:
    """Change an item where the condition holds; says whether it did."""
    return _conditionally(lambda: item.update(actions, condition=condition))


def delete_if(item: Table, condition: Condition) -> bool:
    """Delete an item where the condition holds; says whether it did."""
    return _conditionally(lambda: item.delete(condition=condition))


def unchanged(attribute: Attribute[T], value: T) -> Condition:
    """The condition that an attribute is as it was read. Items that are older than the attribute lack it: they are
    read with its default."""
    condition: Condition = attribute == value
    return condition | attribute.does_not_exist() if value == attribute.default else condition


def save_if(item: Table, condition: Condition) -> bool:
    """Write an item where the condition holds; says whether it did."""
    return _conditionally(lambda: item.save(condition=condition))


def save_new(item: Table) -> bool:
    """Write an item if there is none with its key; says whether it did."""
    return save_if(item, _hash_key(item).does_not_exist())


def delete_if_there(item: Table) -> bool:
    """Delete an item by its key; says whether it was there."""
    return delete_if(item, _hash_key(item).exists())


def _hash_key(item: Table) -> Attribute[Any]:
    return next(attribute for attribute in item.get_attributes().values() if attribute.is_hash_key)


def setting(model: type[Table], fields: Mapping[str, Any]) -> list[Any]:
    """The actions of an update that sets these attributes."""
    return [getattr(model, name).set(value) for name, value in fields.items()]


def _conditionally(write: Callable[[], Any]) -> bool:
    for attempt in range(8):
        try:
            write()
        except PynamoDBException as error:
            if was_refused(error):
                return False
            if _code(error) != "TransactionConflictException":
                raise
            _pause(attempt)
        else:
            return True
    raise TimeoutError("A write lost 8 races against transactions in a row.")


def was_refused(error: PynamoDBException) -> bool:
    """Whether a write failed because its condition did not hold."""
    return _code(error) == "ConditionalCheckFailedException"


def _code(error: PynamoDBException) -> str | None:
    """What AWS answered, None where it did not answer at all."""
    response = getattr(error.cause, "response", None)
    return response["Error"]["Code"] if response else None


def transact(fill: Callable[[TransactWrite], None]) -> list[str | None]:
    """Commit what `fill` puts into a transaction: all of it or nothing.

    Lost races with other transactions are tried again. Returns [] when committed, else for each action the code
    that refused it ("ConditionalCheckFailed") or None, in the order condition checks, deletes, puts, updates.
    """
    for attempt in range(8):
        try:
            with TransactWrite(connection=connection()) as transaction:
                fill(transaction)
        except TransactWriteError as error:
            if _code(error) is None:
                raise
            codes = [reason.code if reason else None for reason in error.cancellation_reasons]
            if "ConditionalCheckFailed" in codes:
                return codes
            if "TransactionConflict" not in codes and _code(error) != "TransactionInProgressException":
                raise
            _pause(attempt)
        else:
            return []
    raise TimeoutError("A DynamoDB transaction lost 8 races in a row.")


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
