"""Opening content databases, and the structure that readers rely on."""

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings

from chalicelib.content_databases import nodes
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.sqlite import sqlite3
from tests.content_databases import builders
from tests.support.worlds.trees import CHANNEL_ID, resource, topic


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


def titles(source):
    return [node["title"] for node in nodes.page(source, NodeFilter(), 0, 100)]


@settings(deadline=None, max_examples=20)
@given(snapshot=builders.snapshots())
def test_rows_are_in_tree_order_without_gaps(folder, snapshot):
    """Every query by rowid depends on it."""
    with builders.opened(snapshot, folder) as source:
        rows = source.database.rows("SELECT rowid, lft, rght, level FROM content_contentnode ORDER BY lft")
        assert [row["rowid"] for row in rows] == list(range(1, len(rows) + 1))
        assert all(row["lft"] == 2 * row["rowid"] - 1 - row["level"] for row in rows)
        for row in rows:
            below = [other for other in rows if row["lft"] < other["lft"] < row["rght"]]
            assert len(below) == (row["rght"] - row["lft"] - 1) // 2


def test_any_file_name_can_be_opened(tmp_path):
    odd = tmp_path / "100% Ünïcode? #1 & more"
    odd.mkdir()
    with builders.opened(builders.snapshot_of(resource("doc")), odd) as source:
        assert titles(source) == ["Channel", "doc"]


def test_databases_are_read_only(tmp_path):
    with (
        builders.opened(builders.snapshot_of(resource("doc")), tmp_path) as source,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        source.database.rows("DELETE FROM content_contentnode")
    assert [path.name for path in tmp_path.iterdir()] == ["content.sqlite3"]


def test_a_missing_file_is_not_created(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        ContentDatabase(tmp_path / "none.sqlite3").rows("SELECT 1")
    assert not list(tmp_path.iterdir())


def test_threads_read_at_the_same_time(tmp_path):
    at_once = threading.Barrier(4)

    def read(source):
        at_once.wait(timeout=10)
        return titles(source)

    with (
        builders.opened(builders.snapshot_of(topic("t", resource("a"), resource("b"))), tmp_path) as source,
        ThreadPoolExecutor(4) as threads,
    ):
        assert list(threads.map(read, [source] * 4)) == [["Channel", "t", "a", "b"]] * 4


def test_connections_are_closed_with_the_database(tmp_path):
    with builders.opened(builders.snapshot_of(), tmp_path) as source:
        (tmp_path / "content.sqlite3").unlink()
        assert source.database.rows("SELECT 1")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        source.database.rows("SELECT 1")


def test_unused_databases_are_freed(tmp_path):
    with builders.opened(builders.snapshot_of(), tmp_path):
        pass
    database = ContentDatabase(tmp_path / "content.sqlite3")
    database.rows("SELECT 1")
    gone = weakref.ref(database)
    del database
    assert gone() is None


def test_shared_data_is_read_once(tmp_path):
    with builders.opened(builders.snapshot_of(topic("t", resource("a"))), tmp_path) as source:
        titles(source)
        before = builders.statements(source)
        titles(source)
        assert builders.statements(source) - before == 4
        assert source.database.channel["id"] == CHANNEL_ID
