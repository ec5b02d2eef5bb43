"""Shared functions of models, including partial results and failures of DynamoDB."""

import time
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ConnectionClosedError
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib.models.base import Table, find, in_parallel, read_many, save_if, transact, update_if, write_many
from chalicelib.models.children import Child
from chalicelib.models.derived_files import DerivedFile
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.stored_objects import StoredObject
from tests.models.dynamodb import answering, cancelled, failed, leaving
from tests.support.aws.calls import AnswerLost, NeverSent
from tests.support.existing import existing

READ, WRITE, TRANSACT = "BatchGetItem", "BatchWriteItem", "TransactWriteItems"


def stored(*numbers: int) -> list[StoredObject]:
    return [StoredObject(f"{number:032x}", extension="pdf", file_size=number) for number in numbers]


def keys(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


def edges(parent: str, count: int) -> list[Child]:
    return [Child(parent, f"{n:08x}", node_id=f"{n:032x}", kind="topic") for n in range(count)]


def numbers_of(found: list[Any]) -> list[int]:
    return sorted(int(item.file_size) for item in found)


@pytest.fixture
def pauses(monkeypatch):
    """Records pauses without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


class TestReadMany:
    def test_reads_more_than_a_hundred_keys_in_calls_of_a_hundred(self, aws):
        write_many(stored(*range(250)))
        with answering(READ) as calls:
            found = read_many({StoredObject: keys(*range(250))})
        assert numbers_of(found[StoredObject]) == list(range(250))
        assert sorted(len(_keys_of(call)) for call in calls.calls) == [50, 100, 100]

    def test_reads_several_tables_in_one_call(self, aws):
        write_many([*stored(1, 2), *edges("p", 2), SecretToken("babab", channel_id="c")])
        wanted: dict[type[Table], list[Any]] = {
            StoredObject: keys(1, 2),
            Child: [("p", "00000001")],
            SecretToken: ["babab"],
            DerivedFile: [],
        }
        with answering(READ) as calls:
            found = read_many(wanted)
        assert numbers_of(found[StoredObject]) == [1, 2]
        assert [child.node_id for child in found[Child]] == keys(1)
        assert [token.channel_id for token in found[SecretToken]] == ["c"]
        assert found[DerivedFile] == []
        assert len(calls.calls) == 1

    def test_is_consistent(self, aws):
        with answering(READ) as calls:
            read_many({StoredObject: keys(1), SecretToken: ["a"]})
        (call,) = calls.calls
        assert [part["ConsistentRead"] for part in call["RequestItems"].values()] == [True, True]

    def test_leaves_out_missing_items(self, aws):
        write_many(stored(2))
        assert numbers_of(read_many({StoredObject: keys(1, 2, 3)})[StoredObject]) == [2]

    def test_requests_each_key_once(self, aws):
        write_many(stored(1))
        assert numbers_of(read_many({StoredObject: keys(1, 1, 1)})[StoredObject]) == [1]

    def test_of_nothing_makes_no_call(self, aws):
        with answering(READ) as calls:
            assert read_many({StoredObject: []}) == {StoredObject: []}
        assert calls.calls == []

    def test_retries_unprocessed_keys(self, aws, pauses):
        write_many([*stored(1, 2, 3), *edges("p", 3)])
        part = leaving("Responses", "UnprocessedKeys")
        with answering(READ, part, part) as calls:
            found = read_many({StoredObject: keys(1, 2, 3), Child: [("p", f"{n:08x}") for n in range(3)]})
        assert numbers_of(found[StoredObject]) == [1, 2, 3]
        assert sorted(child.node_id for child in found[Child]) == keys(0, 1, 2)
        assert [len(_keys_of(call)) for call in calls.calls] == [6, 4, 2]
        assert len(pauses) == 2

    def test_gives_up_if_nothing_is_returned(self, aws, pauses):
        def nothing(client, operation, arguments):
            return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}

        with answering(READ, *[nothing] * 20) as calls, pytest.raises(TimeoutError, match="keys of a batch"):
            read_many({StoredObject: keys(1)})
        assert len(calls.calls) == 8
        assert all(pause < 0.01 * 2**attempt for attempt, pause in enumerate(pauses))


def _keys_of(call):
    return [key for part in call["RequestItems"].values() for key in part["Keys"]]


def _actions_of(call):
    return [action for actions in call["RequestItems"].values() for action in actions]


class TestWriteMany:
    def test_writes_more_than_25_items_in_calls_of_25(self, aws):
        with answering(WRITE) as calls:
            write_many(stored(*range(60)))
        assert sorted(len(_actions_of(call)) for call in calls.calls) == [10, 25, 25]
        assert len(aws.items("stored_objects")) == 60

    def test_puts_and_deletes_over_several_tables(self, aws):
        write_many([*stored(1, 2), *edges("p", 2)])
        with answering(WRITE) as calls:
            write_many(
                puts=[*stored(3), *edges("q", 1)], deletes=[(StoredObject, keys(1)[0]), (Child, ("p", "00000000"))]
            )
        assert len(calls.calls) == 1
        assert numbers_of(read_many({StoredObject: keys(1, 2, 3)})[StoredObject]) == [2, 3]
        assert sorted(item["parent_id"]["S"] for item in aws.items("children")) == ["p", "q"]

    def test_of_nothing_writes_nothing(self, aws):
        with answering(WRITE) as calls:
            write_many()
        assert calls.calls == []

    def test_retries_unprocessed_items(self, aws, pauses):
        part = leaving("", "UnprocessedItems")
        with answering(WRITE, part, part) as calls:
            write_many([*stored(1, 2, 3), *edges("p", 3)])
        assert [len(_actions_of(call)) for call in calls.calls] == [6, 4, 2]
        assert len(aws.items("stored_objects")) == len(aws.items("children")) == 3
        assert len(pauses) == 2

    def test_gives_up_if_nothing_is_written(self, aws, pauses):
        def nothing(client, operation, arguments):
            return {"UnprocessedItems": arguments["RequestItems"]}

        with answering(WRITE, *[nothing] * 20) as calls, pytest.raises(TimeoutError, match="items of a batch"):
            write_many(stored(1))
        assert len(calls.calls) == 8


class TestFind:
    def test_returns_the_item_or_none(self, aws):
        write_many([*stored(1), *edges("p", 1)])
        assert existing(find(StoredObject, keys(1)[0])).file_size == 1
        assert existing(find(Child, "p", "00000000")).kind == "topic"
        assert find(StoredObject, keys(2)[0]) is None
        assert find(Child, "p", "00000001") is None

    def test_is_consistent(self, aws):
        with answering("GetItem") as calls:
            find(StoredObject, keys(1)[0])
        assert calls.calls[0]["ConsistentRead"] is True


class TestConditions:
    def test_update_returns_whether_the_condition_held(self, aws):
        (item,) = stored(1)
        item.save()
        assert update_if(item, [StoredObject.file_size.set(2)], StoredObject.file_size == 1)
        assert not update_if(item, [StoredObject.file_size.set(3)], StoredObject.file_size == 1)
        assert numbers_of(read_many({StoredObject: keys(1)})[StoredObject]) == [2]

    def test_update_refreshes_the_item(self, aws):
        stored(1)[0].save()
        item = StoredObject(keys(1)[0])
        assert update_if(item, [StoredObject.file_size.set(2)], StoredObject.checksum.exists())
        assert (item.extension, item.file_size) == ("pdf", 2)

    def test_save_returns_whether_the_condition_held(self, aws):
        first, second = stored(1)[0], StoredObject(keys(1)[0], extension="png", file_size=9)
        assert save_if(first, StoredObject.checksum.does_not_exist())
        assert not save_if(second, StoredObject.checksum.does_not_exist())
        assert existing(find(StoredObject, keys(1)[0])).extension == "pdf"

    @pytest.mark.parametrize("code", ["ValidationException", "InternalServerError"])
    def test_other_errors_are_raised(self, aws, code):
        (item,) = stored(1)
        with answering("UpdateItem", failed(code, "UpdateItem")), pytest.raises(PynamoDBException):
            update_if(item, [StoredObject.file_size.set(2)], StoredObject.checksum.exists())
        with answering("PutItem", failed(code, "PutItem")), pytest.raises(PynamoDBException):
            save_if(item, StoredObject.checksum.does_not_exist())

    def test_a_conflict_with_a_transaction_is_retried(self, aws):
        (item,) = stored(1)
        with answering("PutItem", failed("TransactionConflictException", "PutItem")):
            assert save_if(item, StoredObject.checksum.does_not_exist())


class TestTransact:
    def test_is_all_or_nothing(self, aws):
        stored(2)[0].save()

        def fill(transaction):
            for item in stored(1, 2):
                transaction.save(item, condition=StoredObject.checksum.does_not_exist())

        assert transact(fill) == [None, "ConditionalCheckFailed"]
        assert numbers_of(read_many({StoredObject: keys(1, 2)})[StoredObject]) == [2]

    @pytest.mark.parametrize("refused", range(4))
    def test_codes_are_in_the_order_checks_deletes_puts_updates(self, aws, refused):
        """Regardless of the order in which they were added to the transaction."""
        write_many(stored(0, 1, 3))
        holds, fails = StoredObject.checksum.exists(), StoredObject.file_size == 99
        conditions: list[Any] = [fails if number == refused else holds for number in range(4)]
        if refused != 2:
            conditions[2] = StoredObject.checksum.does_not_exist()

        def fill(transaction):
            change = [StoredObject.extension.set("png")]
            transaction.update(StoredObject(keys(3)[0]), change, condition=conditions[3])
            transaction.save(stored(2)[0], condition=conditions[2])
            transaction.delete(StoredObject(keys(1)[0]), condition=conditions[1])
            transaction.condition_check(StoredObject, keys(0)[0], condition=conditions[0])

        expected = ["ConditionalCheckFailed" if number == refused else None for number in range(4)]
        assert transact(fill) == expected
        assert numbers_of(read_many({StoredObject: keys(0, 1, 2, 3)})[StoredObject]) == [0, 1, 3]

    def test_returns_no_codes_if_committed(self, aws):
        assert transact(lambda transaction: transaction.save(stored(1)[0])) == []
        assert find(StoredObject, keys(1)[0])

    @pytest.mark.parametrize(
        "lost",
        [cancelled("TransactionConflict", "None"), failed("TransactionInProgressException", TRANSACT)],
        ids=["conflict", "in progress"],
    )
    def test_conflict_is_retried(self, aws, pauses, lost):
        filled = []

        def fill(transaction):
            filled.append(True)
            transaction.save(stored(1)[0])

        with answering(TRANSACT, lost, lost):
            assert transact(fill) == []
        assert len(filled) == 3
        assert len(pauses) == 2
        assert find(StoredObject, keys(1)[0])

    def test_gives_up_after_eight_conflicts(self, aws, pauses):
        lost = [cancelled("TransactionConflict")] * 20
        with answering(TRANSACT, *lost) as calls, pytest.raises(TimeoutError, match="conflicted with others 8 times"):
            transact(lambda transaction: transaction.save(stored(1)[0]))
        assert len(calls.calls) == 8

    def test_failed_condition_with_a_conflict_is_not_retried(self, aws, pauses):
        refused = cancelled("TransactionConflict", "ConditionalCheckFailed", "None")
        with answering(TRANSACT, refused):
            codes = transact(lambda transaction: transaction.save(stored(1)[0]))
        assert codes == ["TransactionConflict", "ConditionalCheckFailed", None]
        assert pauses == []

    @pytest.mark.parametrize(
        "error",
        [cancelled("ValidationError", "None"), failed("ValidationException", TRANSACT)],
        ids=["reason", "whole"],
    )
    def test_other_errors_are_raised_at_once(self, aws, error):
        with answering(TRANSACT, *[error] * 20) as calls, pytest.raises(TransactWriteError):
            transact(lambda transaction: transaction.save(stored(1)[0]))
        assert len(calls.calls) == 1


@pytest.mark.parametrize("fault", [AnswerLost, NeverSent, ConnectionClosedError])
class TestNoResponse:
    """It is unknown what DynamoDB did, so callers get the error and respond 503."""

    def test_to_a_transaction(self, aws, fault):
        with answering(TRANSACT, fault(endpoint_url="x")) as calls, pytest.raises(PynamoDBException):
            transact(lambda transaction: transaction.save(stored(1)[0]))
        assert len(calls.calls) == 1

    def test_to_a_conditional_write(self, aws, fault):
        (item,) = stored(1)
        with answering("PutItem", fault(endpoint_url="x")), pytest.raises(PynamoDBException):
            save_if(item, StoredObject.checksum.does_not_exist())
        with answering("UpdateItem", fault(endpoint_url="x")), pytest.raises(PynamoDBException):
            update_if(item, [StoredObject.file_size.set(2)], StoredObject.checksum.exists())

    def test_to_a_read(self, aws, fault):
        with answering("GetItem", fault(endpoint_url="x")), pytest.raises(PynamoDBException):
            find(StoredObject, keys(1)[0])
        with answering(READ, fault(endpoint_url="x")), pytest.raises((PynamoDBException, BotoCoreError)):
            read_many({StoredObject: keys(1)})


class TestParallel:
    def test_results_are_in_order(self):
        assert in_parallel(lambda number: number * 2, range(50)) == list(range(0, 100, 2))

    def test_first_error_is_raised(self):
        with pytest.raises(ZeroDivisionError):
            in_parallel(lambda number: 1 // number, [2, 1, 0, 5])

    def test_of_nothing_is_empty(self):
        assert in_parallel(str, []) == []
