"""Reading without models: queries, projections and cached functions of items."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.models.base import query_raw, read_raw, write_many
from chalicelib.models.children import Child
from chalicelib.models.lazy import remembered, to_read
from chalicelib.models.stored_objects import StoredObject
from chalicelib.models.tasks import Task
from chalicelib.models.users import User
from tests.models.dynamodb import answering


def edges(count: int) -> list[Child]:
    return [Child("p", f"{n:08x}", node_id=f"{n:032x}", kind="topic") for n in range(count)]


def one(**fields: object) -> StoredObject:
    [item] = to_read(StoredObject, [{"checksum": {"S": "a"}, "extension": {"S": "pdf"}, **fields}])
    return item


class TestQueryRaw:
    def test_continues_after_the_end_of_a_page(self, aws):
        write_many(edges(7))
        with answering("Query") as calls:
            found = list(query_raw(Child, "p", limit=3))
        assert [raw["position"]["S"] for raw in found] == [f"{n:08x}" for n in range(7)]
        assert len(calls.calls) == 3

    def test_does_not_read_unneeded_pages(self, aws):
        write_many(edges(7))
        with answering("Query") as calls:
            next(query_raw(Child, "p", limit=3))
        assert len(calls.calls) == 1

    def test_is_consistent(self, aws):
        with answering("Query") as calls:
            assert list(query_raw(Child, "p")) == []
        assert calls.calls[0]["ConsistentRead"] is True

    def test_accepts_a_condition(self, aws):
        write_many(edges(4))
        found = query_raw(Child, "p", Child.position > f"{1:08x}", scan_index_forward=False)
        assert [raw["position"]["S"] for raw in found] == [f"{3:08x}", f"{2:08x}"]


def test_only_some_attributes_are_read(aws):
    write_many([Task("t", task_name="n", channel_id="c", user_id="u", created="2026", expires=1)])
    [raw] = read_raw({Task: ["t"]}, {Task: ("id", "status", "result")})[Task]
    assert set(raw) == {"id", "status"}  # one name is reserved in DynamoDB, and one attribute is missing


@pytest.mark.parametrize("moment", [datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), None])
def test_items_are_read_unchanged(aws, moment):
    user = User("u", email="a@example.org", disk_space=2**60, last_login=moment, is_admin=True, token_keys={"é", "ü"})
    user.save()
    read = User.get("u", consistent_read=True)
    names = ("email", "disk_space", "last_login", "is_admin", "token_keys", "first_name", "is_active")
    assert [getattr(read, name) for name in names] == [getattr(user, name) for name in names]


class TestCached:
    def test_is_computed_once_for_equal_items(self):
        requested: list[int] = []

        @remembered(10)
        def extension(item: Any, more: int) -> tuple[str, int]:
            requested.append(more)
            return item.extension, more

        assert [extension(one(), 1), extension(one(), 1), extension(one(), 2)] == [("pdf", 1), ("pdf", 1), ("pdf", 2)]
        assert requested == [1, 2]

    def test_is_computed_again_for_changed_items(self):
        size = remembered(10)(lambda item: item.file_size)
        assert [size(one(file_size={"N": number})) for number in ("1", "2", "1")] == [1, 2, 1]

    def test_items_of_other_tables_differ(self):
        children: list[Any] = to_read(Child, [{"parent_id": {"S": "a"}}])
        users: list[Any] = to_read(User, [{"id": {"S": "a"}}])
        [child], [user] = children, users
        assert child != user
        assert one() == one() != one(file_size={"N": "1"})

    def test_models_are_never_cached(self):
        requested: list[Any] = []

        @remembered(10)
        def size(item: Any) -> int:
            requested.append(item)
            return int(item.file_size)

        item = StoredObject("a", extension="pdf", file_size=1)
        assert size(item) == 1
        item.file_size = 2
        assert size(item) == 2
        assert len(requested) == 2
