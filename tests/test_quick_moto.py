"""The faster versions of moto's functions have moto's responses."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from moto import mock_aws

from tests.conftest import DYNAMODB_URL
from tests.support.aws import cloud, quick_moto

assert vars(cloud)["quick_moto"] is quick_moto  # it patches moto
pytestmark = pytest.mark.skipif(bool(DYNAMODB_URL), reason="the tables are not moto's")

TABLE = "things"
NAMES = {"#c": "count"}
ONE = {":one": {"N": "1"}}


def key(shelf: str, place: int) -> dict[str, Any]:
    return {"shelf": {"S": shelf}, "place": {"N": str(place)}}


def thing(shelf: str, place: int, **more: Any) -> dict[str, Any]:
    return {**key(shelf, place), "kind": {"S": "book" if place % 2 else "map"}, "count": {"N": "1"}, **more}


def updated(shelf: str, place: int, **more: Any) -> dict[str, Any]:
    change = {"UpdateExpression": "SET #c = #c + :one", "ExpressionAttributeNames": NAMES}
    return {"Key": key(shelf, place), **change, "ExpressionAttributeValues": ONE, **more}


EVERYTHING = {
    "l": {"L": [{"S": "ü"}, {"N": "1.5"}, {"M": {"deep": {"BOOL": False}}}]},
    "m": {"M": {"null": {"NULL": True}, "empty": {"L": []}}},
    "ss": {"SS": ["a"]},
    "surrogate": {"S": "\ud83d\ude00"},
}
ON_A = {"KeyConditionExpression": "shelf = :s", "ExpressionAttributeValues": {":s": {"S": "a"}}}
IN_KINDS = {"IndexName": "kinds", "KeyConditionExpression": "kind = :k"}
BOOKS = {**IN_KINDS, "ExpressionAttributeValues": {":k": {"S": "book"}}}
NEW = {"ConditionExpression": "attribute_not_exists(shelf)"}
EXPRESSIONS: list[tuple[str, dict[str, Any]]] = [  # each twice: parsed expressions are cached
    ("SET seen = if_not_exists(seen, :a)", {":a": {"L": []}}),
    ("SET seen = list_append(seen, :a), n = :b", {":a": {"L": [{"S": "x"}]}, ":b": {"N": "1"}}),
    ("SET n = n + :b REMOVE kind", {":b": {"N": "2"}}),
    ("ADD n :b, tags :c", {":b": {"N": "-5"}, ":c": {"SS": ["x", "y"]}}),
    ("DELETE tags :c", {":c": {"SS": ["y"]}}),
    ("SET nothing = missing", {}),
]


def changed(expression: str, values: dict[str, Any]) -> dict[str, Any]:
    """An update of an item that `CALLS` has put."""
    optional = {"ExpressionAttributeValues": values} if values else {}
    return {"Key": key("b", 9), "UpdateExpression": expression, "ReturnValues": "ALL_NEW", **optional}


CALLS: list[tuple[str, dict[str, Any]]] = [
    *[("put_item", {"Item": thing(shelf, place)}) for shelf in "ba" for place in (10, 9, 2)],
    ("put_item", {"Item": thing("c", 1, **EVERYTHING), "ReturnConsumedCapacity": "TOTAL"}),
    ("put_item", {"Item": thing("a", 2), **NEW, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("put_item", {"Item": thing("a", 2, text={"S": "x" * 410_000})}),
    ("put_item", {"Item": thing("d", 1, data={"B": b"\x00\xff"})}),
    ("put_item", {"Item": {"shelf": {"S": "a"}}}),
    ("put_item", {"Item": thing("a", 2, kind={"S": "atlas"}), "ReturnValues": "ALL_OLD"}),
    ("get_item", {"Key": key("c", 1), "ConsistentRead": True}),
    ("get_item", {"Key": key("c", 1), "ProjectionExpression": "#c, m", "ExpressionAttributeNames": NAMES}),
    ("get_item", {"Key": key("c", 1), "ProjectionExpression": "m.empty, l[1]"}),
    ("get_item", {"Key": key("d", 1)}),
    ("get_item", {"Key": key("nowhere", 1)}),
    ("get_item", {"Key": {"shelf": {"S": "a"}}}),
    ("update_item", updated("a", 2, ReturnValues="ALL_NEW")),
    ("update_item", updated("a", 2, ConditionExpression="#c = :one")),
    ("update_item", updated("nowhere", 2)),
    *[("update_item", changed(expression, values)) for expression, values in EXPRESSIONS for _ in range(2)],
    ("delete_item", {"Key": key("a", 9), "ReturnValues": "ALL_OLD"}),
    ("query", ON_A),
    ("query", {**ON_A, "ScanIndexForward": False, "Limit": 1}),
    ("query", {**ON_A, "ExclusiveStartKey": key("a", 2)}),
    ("query", {**ON_A, "ExpressionAttributeValues": {":s": {"S": "nowhere"}}}),
    ("query", {**BOOKS, "Limit": 1}),
    ("query", {**BOOKS, "ConsistentRead": True}),
    ("query", {**BOOKS, "Select": "COUNT"}),
    ("scan", {"Limit": 3}),
    ("scan", {"ExclusiveStartKey": key("b", 2), "ProjectionExpression": "place"}),
]
MANY: list[tuple[str, dict[str, Any]]] = [
    ("batch_write_item", {"RequestItems": {TABLE: [{"PutRequest": {"Item": thing("e", n)}} for n in range(3)]}}),
    ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [key("e", 1), key("e", 7), key("c", 1)]}}}),
    ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [key("e", 1), key("e", 1)]}}}),
]
WRITES = [
    {"Put": {"Item": thing("f", 1)}},
    {"Update": updated("e", 1)},
    {"Delete": {"Key": key("e", 2)}},
]
TRANSACTIONS: list[list[dict[str, Any]]] = [
    [*WRITES, {"ConditionCheck": {"Key": key("c", 1), **NEW}}],
    [*WRITES, {"Delete": {"Key": key("e", 1)}}],
    [*WRITES, {"Put": {"Item": thing("c", 1), **NEW, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}],
    WRITES,
]


def in_transaction(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"TransactItems": [{kind: {"TableName": TABLE, **of}} for item in items for kind, of in item.items()]}


def answers() -> Iterator[Any]:
    """The responses to all calls, in a separate account, and what is stored at the end."""
    with mock_aws():
        client: Any = get_session().create_client("dynamodb")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind}
                for name, kind in (("shelf", "S"), ("place", "N"), ("kind", "S"))
            ],
            KeySchema=[{"AttributeName": "shelf", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "kinds",
                    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        for name, arguments in CALLS:
            yield name, arguments, answer(client, name, {"TableName": TABLE, **arguments})
        for name, arguments in MANY:
            yield name, arguments, answer(client, name, arguments)
        for items in TRANSACTIONS:
            response = answer(client, "transact_write_items", in_transaction(items))
            yield items, response, answer(client, "scan", {"TableName": TABLE})
        yield "get_item", answer(client, "get_item", {"TableName": "none", "Key": key("a", 1)})


def answer(client: Any, name: str, arguments: dict[str, Any]) -> Any:
    try:
        response = getattr(client, name)(**arguments)
    except ClientError as error:
        response = error.response
    response["ResponseMetadata"] = response["ResponseMetadata"]["HTTPStatusCode"]
    return response


def test_responses_are_those_of_moto():
    short = list(answers())
    with quick_moto.unpatched():
        long = list(answers())
    for one, other in zip(short, long, strict=True):
        assert one == other


def test_calls_cover_results_and_errors():
    found = [part for answer in answers() for part in answer if isinstance(part, dict) and "ResponseMetadata" in part]
    assert sum("Error" in one for one in found) > 5
    assert sum(bool(one.get("Item") or one.get("Items")) for one in found) > 5


def test_only_tables_and_bytes_are_left_to_moto(monkeypatch):
    longer: list[bytes] = []
    way = quick_moto._process_request

    def note(stubber: Any, request: Any) -> Any:
        longer.append(request.headers["X-Amz-Target"].partition(b".")[2])
        return way(stubber, request)

    monkeypatch.setattr(quick_moto, "_process_request", note)
    list(answers())
    assert longer == [b"CreateTable", b"PutItem"]
