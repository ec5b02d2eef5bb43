"""Shorter ways through moto, with the same answers: what it does by the way took most of the tests' time.

moto takes each request apart and puts each answer together by AWS's models, attribute by attribute. What DynamoDB is
asked for and answers is JSON that needs neither, so requests go to moto's own functions straight away. Within these,
work that grows with the table is done for the items alone that a call is about. moto has no settings for it; it makes
such ways shorter itself (https://github.com/getmoto/moto/pull/9670), and each that it does can go from here.

With `moto_internals.py`, every reach of the tests into moto's internals. `tests/test_quick_moto.py` compares answers,
and `tests/test_library_internals.py` fails where an update changes a name.
"""

import copy
import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore import UNSIGNED
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import method_names_from_class
from moto.dynamodb import models
from moto.dynamodb import responses as dynamodb
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_json_dump, dynamo_to_dict
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import Node  # type: ignore[attr-defined]  # moto hides the module from mypy
from moto.dynamodb.parsing.expressions import (  # type: ignore[attr-defined]  # moto hides the module from mypy
    UpdateExpressionParser,
)
from werkzeug.exceptions import HTTPException

from tests.support.aws.botocore_internals import handle, skip_user_agent
from tests.support.existing import existing

Response = tuple[int, dict[str, str], Any]

HOST = "https://dynamodb."
ITEM_SIZE = 405_000  # moto's limit
CALLS = {
    b"BatchGetItem": "batch_get_item",
    b"BatchWriteItem": "batch_write_item",
    b"DeleteItem": "delete_item",
    b"GetItem": "get_item",
    b"PutItem": "put_item",
    b"Query": "query",
    b"Scan": "scan",
    b"TransactWriteItems": "transact_write_items",
    b"UpdateItem": "update_item",
}

_process_request = BotocoreStubber.process_request
_query = Table.query
_transact = models.DynamoDBBackend.transact_write_items
_project = Item.project


class Handler(dynamodb.DynamoHandler):
    """moto's handler with what it takes from a request, without the request."""

    def __init__(self, region: str, body: Any) -> None:
        super().__init__()
        self.region, self.current_account, self.body = region, DEFAULT_ACCOUNT_ID, body


class Result(ActionResult):
    """What DynamoDB answers, made ready for moto's way of writing it only where that is asked for."""

    def execute_result(self, context: Any) -> Any:
        self._result = dynamo_to_dict(self._result)
        return super().execute_result(context)


def process_request(stubber: BotocoreStubber, request: Any) -> Response | None:
    """Answer a call for items straight away; any other one, and one with bytes, which need its models, as moto does."""
    target = request.headers.get("X-Amz-Target", b"")
    call = CALLS.get(target.partition(b".")[2] if isinstance(target, bytes) else b"")
    if call is None or not request.url.startswith(HOST) or b'{"B":' in request.body or b'{"BS":' in request.body:
        return _process_request(stubber, request)
    handler = Handler(request.url.split(".")[1], json.loads(request.body))
    try:
        return 200, {}, dynamo_json_dump(getattr(handler, call)().result)
    except HTTPException as error:
        return existing(error.code), dict(error.get_headers()), error.get_body()


def make_untracked(cls: type[Item], *_: Any, **__: Any) -> Item:
    """moto keeps all items that there ever were, copies included."""
    return object.__new__(cls)


def make_item(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """`Item`, whose size is added up once instead of anew for each attribute."""
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(item.attrs, {name: DynamoType(value) for name, value in attrs.items()})
    if item.size() > ITEM_SIZE:
        raise ItemSizeTooLarge


def project(item: Item, paths: list[list[str]]) -> Item:
    """Attributes of an item; whole ones without turning all others into Python's values and back for each."""
    if any(len(path) > 1 or "[" in path[0] for path in paths):
        return _project(item, paths)
    found = {path[0]: item.attrs[path[0]] for path in paths if path[0] in item.attrs}
    return Item(item.hash_key, item.range_key, found)


def query(table: Table, hash_key: DynamoType | None, *arguments: Any, **options: Any) -> Any:
    """Where no index is asked, look at the items with this hash key instead of sorting the whole table."""
    if arguments[6] is None:
        part: Any = object.__new__(type(table))
        part.__dict__.update(table.__dict__)
        part.items = {hash_key: table.items[hash_key]} if hash_key in table.items else {}
        table = part
    return _query(table, hash_key, *arguments, **options)


def all_items(table: Table) -> list[Item]:
    """All items in order of their keys, which are told from each other as they are, not by making others for it."""
    if table.range_key_attr:
        found = [item for items in table.items.values() for item in items.values()]
        return sorted(found, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))
    single: Any = table.items.values()
    return sorted(single, key=lambda item: item.hash_key.cast_value)


def transact_write_items(backend: Any, transact_items: list[dict[str, Any]]) -> None:
    """Keep what is at the keys that are written, for when the transaction fails, not copies of whole tables."""
    kept = [_at_key(backend, *operation) for item in transact_items for operation in item.items()]
    try:
        _transact(backend, transact_items)
    except Exception:
        for items, key, item in kept:
            items.pop(key, None)
            if item is not None:
                items[key] = item
        raise


def _at_key(backend: Any, kind: str, operation: dict[str, Any]) -> tuple[dict[Any, Any], Any, Item | None]:
    """Where an item of a transaction is, its key there, and a copy of it."""
    table = backend.get_table(operation["TableName"])
    hash_key, range_key = backend.get_keys_value(table, operation["Item" if kind == "Put" else "Key"])
    items, key = (table.items[hash_key], range_key) if table.has_range_key else (table.items, hash_key)
    return items, key, copy.deepcopy(items.get(key))


def copied(part: Any) -> Any:
    """A deep copy; of an expression's tree in less time."""
    return pickle.loads(pickle.dumps(part)) if isinstance(part, Node) else copy.deepcopy(part)


WAYS: tuple[tuple[Any, str, Any], ...] = (
    (BotocoreStubber, "process_request", process_request),
    (dynamodb, "DynamoResult", Result),
    (Item, "__new__", make_untracked),
    (Item, "__init__", make_item),
    (Item, "project", project),
    (Table, "query", query),
    (Table, "all_items", all_items),
    (models.DynamoDBBackend, "transact_write_items", transact_write_items),
    (models, "copy", SimpleNamespace(deepcopy=lambda kept: kept if isinstance(kept, Table) else copy.deepcopy(kept))),
    (validators, "deepcopy", copied),
    (UpdateExpressionParser, "make", cache(UpdateExpressionParser.make)),
    (responses, "method_names_from_class", cache(method_names_from_class)),
    (BaseBackend, "urls", property(cache(vars(BaseBackend)["urls"].fget))),  # else S3's module is loaded per request
)
_LONG = tuple((owner, name, getattr(owner, name)) for owner, name, _ in WAYS)


def shorten() -> None:
    """From now on, moto goes the shorter ways, and what is asked of DynamoDB is not signed, as nobody looks."""
    _go(WAYS)
    skip_user_agent()
    handle("choose-signer.dynamodb", lambda **_: UNSIGNED)


@contextmanager
def long_ways() -> Iterator[None]:
    """Within, moto goes its own ways."""
    _go(_LONG)
    try:
        yield
    finally:
        _go(WAYS)


def _go(ways: tuple[tuple[Any, str, Any], ...]) -> None:
    for owner, name, way in ways:
        setattr(owner, name, way)
