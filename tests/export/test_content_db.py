"""Content databases are valid, complete and reproducible for any tree."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings

from chalicelib.export.content_db import ContentDatabaseError, ContentDatabaseSummary
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import make_channel, make_file, random_branches, resource, topic, tree, write_database


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("content_db")


def frozen(*branches, version=1):
    return freeze(make_channel(), tree(*branches), version)


def write(snapshot, path):
    write_database(snapshot, path)
    return path.read_bytes()


def read(path, statement):
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def nodes_by_left(path):
    return read(path, "SELECT * FROM content_contentnode ORDER BY lft")


class TestAnyTree:
    @settings(deadline=None)
    @given(branches=random_branches())
    def test_each_published_node_occurs_once_in_tree_order(self, directory, branches):
        snapshot, path = frozen(*branches), directory / "order.sqlite3"
        write(snapshot, path)
        assert [row["id"] for row in nodes_by_left(path)] == [node["node_id"] for node in snapshot["nodes"]]

    @settings(deadline=None)
    @given(branches=random_branches())
    def test_left_and_right_form_a_nested_set(self, directory, branches):
        path = directory / "nested.sqlite3"
        write(frozen(*branches), path)
        rows = nodes_by_left(path)
        numbers = [row[side] for row in rows for side in ("lft", "rght")]
        assert sorted(numbers) == list(range(1, 2 * len(rows) + 1))
        above: list[dict[str, Any]] = []
        for row in rows:
            while above and above[-1]["rght"] < row["lft"]:
                above.pop()
            assert row["parent_id"] == (above[-1]["id"] if above else None)
            assert row["level"] == len(above)
            assert all(ancestor["rght"] > row["rght"] for ancestor in above)
            above.append(row)

    @settings(deadline=None)
    @given(branches=random_branches())
    def test_siblings_are_numbered_from_one(self, directory, branches):
        path = directory / "siblings.sqlite3"
        write(frozen(*branches), path)
        siblings: dict[str | None, list[float]] = {}
        for row in nodes_by_left(path):
            siblings.setdefault(row["parent_id"], []).append(row["sort_order"])
        assert all(numbers == [float(n) for n in range(1, len(numbers) + 1)] for numbers in siblings.values())

    @settings(deadline=None)
    @given(branches=random_branches())
    def test_no_topic_is_without_resources(self, directory, branches):
        path = directory / "pruned.sqlite3"
        write(frozen(*branches), path)
        leaves = read(path, "SELECT kind, parent_id FROM content_contentnode WHERE rght = lft + 1")
        assert all(leaf["kind"] != "topic" or leaf["parent_id"] is None for leaf in leaves)

    @settings(deadline=None)
    @given(branches=random_branches())
    def test_foreign_keys_and_file_structure_are_valid(self, directory, branches):
        path = directory / "sound.sqlite3"
        write(frozen(*branches), path)
        assert read(path, "PRAGMA foreign_key_check") == []
        assert read(path, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]

    @settings(deadline=None)
    @given(branches=random_branches())
    def test_same_snapshot_gives_the_same_bytes(self, directory, branches):
        snapshot = frozen(*branches)
        stored = json.loads(json.dumps(snapshot, sort_keys=True))
        assert write(snapshot, directory / "one.sqlite3") == write(stored, directory / "two.sqlite3")


def test_another_chef_run_gives_the_same_bytes(tmp_path):
    branch = topic("t", resource("doc", tags=["a"]), resource("other"))
    one, other = (freeze(make_channel(), tree(branch, run=run), 1) for run in "12")
    assert one != other
    assert write(one, tmp_path / "one.sqlite3") == write(other, tmp_path / "other.sqlite3")


def test_only_the_version_differs_in_the_next_version(tmp_path):
    branch = topic("t", resource("doc", tags=["a"]))
    for version in (1, 2):
        write(frozen(branch, version=version), tmp_path / f"{version}.sqlite3")
    for table in ("content_contentnode", "content_file", "content_contenttag"):
        assert read(tmp_path / "1.sqlite3", f"SELECT * FROM {table}") == read(
            tmp_path / "2.sqlite3", f"SELECT * FROM {table}"
        )
    versions = [
        read(tmp_path / f"{version}.sqlite3", "SELECT version FROM content_channelmetadata") for version in (1, 2)
    ]
    assert versions == [[{"version": 1}], [{"version": 2}]]


def test_existing_file_is_replaced(tmp_path):
    path = tmp_path / "channel.sqlite3"
    path.write_bytes(b"half a database of a run that ended early")
    assert write(frozen(resource("doc")), path) == write(frozen(resource("doc")), tmp_path / "new.sqlite3")


def test_summary_counts_rows(tmp_path):
    path = tmp_path / "channel.sqlite3"
    shared = [make_file("shared")]
    summary = write_database(frozen(resource("a", files=shared), resource("b", files=shared)), path)
    assert summary == ContentDatabaseSummary(nodes=3, files=2, local_files=1, size=path.stat().st_size)


LANGUAGE = {"lang_code": "en", "lang_direction": "ltr"}


class TestRejected:
    def rejected(self, snapshot, tmp_path):
        path = tmp_path / "channel.sqlite3"
        with pytest.raises(ContentDatabaseError) as caught:
            write_database(snapshot, path)
        assert list(tmp_path.iterdir()) == []
        return str(caught.value)

    def test_duplicate_node_id(self, tmp_path):
        snapshot = frozen(resource("a"), resource("b"))
        snapshot["nodes"][2]["node_id"] = snapshot["nodes"][1]["node_id"]
        assert "content_contentnode.id" in self.rejected(snapshot, tmp_path)

    def test_broken_foreign_key(self, tmp_path, monkeypatch):
        monkeypatch.setattr("chalicelib.export.content_db_rows._language", lambda id: {"id": f"{id}2", **LANGUAGE})
        message = self.rejected(frozen(resource("a")), tmp_path)
        assert "content_contentnode" in message
        assert "content_language" in message

    def test_missing_node(self, tmp_path, monkeypatch):
        monkeypatch.setattr("chalicelib.export.content_db.tables", lambda tree, shape: iter([]))
        assert "0 nodes were written instead of 2" in self.rejected(frozen(resource("a")), tmp_path)

    def test_unknown_preset(self, tmp_path):
        assert "papyrus" in self.rejected(frozen(resource("a", files=[make_file("a", "papyrus")])), tmp_path)

    def test_unknown_language(self, tmp_path):
        assert "language xx" in self.rejected(frozen(resource("a", language="xx")), tmp_path)

    def test_prerequisite_outside_the_snapshot(self, tmp_path):
        snapshot = frozen(resource("a"))
        snapshot["nodes"][1]["prerequisites"] = ["f" * 32]
        assert "f" * 32 in self.rejected(snapshot, tmp_path)


def test_interruption_leaves_no_file(tmp_path, monkeypatch):
    def interrupted(connection, expected):
        raise KeyboardInterrupt

    monkeypatch.setattr("chalicelib.export.content_db._check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_database(frozen(resource("a")), tmp_path / "channel.sqlite3")
    assert list(tmp_path.iterdir()) == []
