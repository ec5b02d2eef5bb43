"""Faster versions of moto's functions, with the same responses: its overhead took most of the tests' time.

moto parses each request and serializes each response by AWS's models, attribute by attribute. DynamoDB's requests and
responses are JSON that needs neither, so requests go directly to moto's own functions. Within these, work that grows
with the table is limited to the items of the call. moto has no settings for this. It makes such functions faster itself
(https://github.com/getmoto/moto/pull/9670); whatever it has improved can be removed here.

All uses of moto's internals by the tests are here and in `moto_internals.py`. `tests/test_quick_moto.py` compares
responses, and `tests/test_library_internals.py` fails when an update changes a name.
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
    """moto's handler, given the parts of a request that it needs."""

    def __init__(self, region: str, body: Any) -> None:
        super().__init__()
        self.region, self.current_account, self.body = region, DEFAULT_ACCOUNT_ID, body


class Result(ActionResult):
    """DynamoDB's response, converted for moto's serializer only if that is used."""

    def execute_result(self, context: Any) -> Any:
        self._result = dynamo_to_dict(self._result)
        return super().execute_result(context)


def process_request(stubber: BotocoreStubber, request: Any) -> Response | None:
    """Answer calls for items directly. All others, and those with bytes, which need moto's models, are left to moto."""
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
    """Without tracking: moto would keep a reference to every item ever created, including copies."""
    return object.__new__(cls)


def make_item(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """`Item`, whose size is computed once instead of once per attribute."""
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(item.attrs, {name: DynamoType(value) for name, value in attrs.items()})
    if item.size() > ITEM_SIZE:
        raise ItemSizeTooLarge


def project(item: Item, paths: list[list[str]]) -> Item:
    """Attributes of an item, without converting all others to Python values and back if only whole ones are needed."""
    if any(len(path) > 1 or "[" in path[0] for path in paths):
        return _project(item, paths)
    found = {path[0]: item.attrs[path[0]] for path in paths if path[0] in item.attrs}
    return Item(item.hash_key, item.range_key, found)


def query(table: Table, hash_key: DynamoType | None, *arguments: Any, **options: Any) -> Any:
    """Without an index, search the items with this hash key instead of sorting the whole table."""
    if arguments[6] is None:
        part: Any = object.__new__(type(table))
        part.__dict__.update(table.__dict__)
        part.items = {hash_key: table.items[hash_key]} if hash_key in table.items else {}
        table = part
    return _query(table, hash_key, *arguments, **options)


def all_items(table: Table) -> list[Item]:
    """All items in the order of their keys, which are compared without creating objects for it."""
    if table.range_key_attr:
        found = [item for items in table.items.values() for item in items.values()]
        return sorted(found, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))
    single: Any = table.items.values()
    return sorted(single, key=lambda item: item.hash_key.cast_value)


def transact_write_items(backend: Any, transact_items: list[dict[str, Any]]) -> None:
    """Copy the items at the keys of the transaction, to roll it back if it fails, instead of whole tables."""
    before = [_at_key(backend, *operation) for item in transact_items for operation in item.items()]
    try:
        _transact(backend, transact_items)
    except Exception:
        for items, key, item in before:
            items.pop(key, None)
            if item is not None:
                items[key] = item
        raise


def _at_key(backend: Any, kind: str, operation: dict[str, Any]) -> tuple[dict[Any, Any], Any, Item | None]:
    """The dictionary that holds an item of a transaction, its key there, and a copy of it."""
    table = backend.get_table(operation["TableName"])
    hash_key, range_key = backend.get_keys_value(table, operation["Item" if kind == "Put" else "Key"])
    items, key = (table.items[hash_key], range_key) if table.has_range_key else (table.items, hash_key)
    return items, key, copy.deepcopy(items.get(key))


def copied(part: Any) -> Any:
    """A deep copy, faster for the tree of an expression."""
    return pickle.loads(pickle.dumps(part)) if isinstance(part, Node) else copy.deepcopy(part)


PATCHES: tuple[tuple[Any, str, Any], ...] = (
    (BotocoreStubber, "process_request", process_request),
    (dynamodb, "DynamoResult", Result),
    (Item, "__new__", make_untracked),
    (Item, "__init__", make_item),
    (Item, "project", project),
    (Table, "query", query),
    (Table, "all_items", all_items),
    (models.DynamoDBBackend, "transact_write_items", transact_write_items),
    (models, "copy", SimpleNamespace(deepcopy=lambda part: part if isinstance(part, Table) else copy.deepcopy(part))),
    (validators, "deepcopy", copied),
    (UpdateExpressionParser, "make", cache(UpdateExpressionParser.make)),
    (responses, "method_names_from_class", cache(method_names_from_class)),
    (BaseBackend, "urls", property(cache(vars(BaseBackend)["urls"].fget))),  # else S3's module is loaded per request
)
_ORIGINALS = tuple((owner, name, getattr(owner, name)) for owner, name, _ in PATCHES)


def patch() -> None:
    """Use the faster functions from now on. Requests to DynamoDB are not signed, since moto does not check that."""
    _set(PATCHES)
    skip_user_agent()
    handle("choose-signer.dynamodb", lambda **_: UNSIGNED)


@contextmanager
def unpatched() -> Iterator[None]:
    """Use moto's own functions within."""
    _set(_ORIGINALS)
    try:
        yield
    finally:
        _set(PATCHES)


def _set(functions: tuple[tuple[Any, str, Any], ...]) -> None:
    for owner, name, function in functions:
        setattr(owner, name, function)
