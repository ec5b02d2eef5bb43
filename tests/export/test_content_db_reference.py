"""The content database of a small channel equals the one that Kolibri Studio published for it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chalicelib.domain.types import LABELS
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import write_database

FIXTURES = Path(__file__).parents[1] / "fixtures" / "content_db"
GIVEN = json.loads((FIXTURES / "small_input.json").read_text(encoding="utf-8"))
ROWS = json.loads((FIXTURES / "small_rows.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((FIXTURES / "schema.json").read_text(encoding="utf-8"))

JSON_COLUMNS = {"options", "mastery_model"}
RANDOM_IDS = ("content_file", "content_assessmentmetadata", "content_contenttag")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    snapshot = freeze(GIVEN["channel"], GIVEN["nodes"], GIVEN["version"])
    for node in snapshot["nodes"]:
        node.update(GIVEN["derived"].get(node["node_id"], {}))
    path = tmp_path_factory.mktemp("reference") / "small.sqlite3"
    write_database(snapshot, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def read(database, statement):
    return [dict(row) for row in database.execute(statement)]


def comparable(rows_by_table):
    """The rows without differences that are allowed: random ids, formatting of JSON, order of labels and rows.

    Question ids differ, so only their number is compared. For QTI packages, the reference has other included presets
    and priorities, as it was made with another version of le_utils.
    """
    tags = {row["id"]: row["tag_name"] for row in rows_by_table["content_contenttag"]}
    return {
        table: sorted((_comparable_row(table, row, tags) for row in rows), key=repr)
        for table, rows in rows_by_table.items()
    }


def _comparable_row(table, row, tags):
    row = {name: json.loads(value) if name in JSON_COLUMNS else value for name, value in row.items()}
    if table in RANDOM_IDS:
        del row["id"]
    if "contenttag_id" in row:
        row["contenttag_id"] = tags[row["contenttag_id"]]
    if "assessment_item_ids" in row:
        row["assessment_item_ids"] = len(json.loads(row["assessment_item_ids"]))
    if row.get("preset") == "qti":
        del row["included_presets"], row["priority"]
    row |= {name: sorted(row[name].split(",")) for name in LABELS if row.get(name)}
    return dict(sorted(row.items()))


def test_reference_has_rows_to_compare():
    assert {table for table, rows in ROWS.items() if not rows} == {
        "content_contentnode_has_prerequisite",
        "content_contentnode_related",
    }


@pytest.mark.parametrize("table", ROWS)
def test_rows_equal_those_of_the_reference(database, table):
    written = {name: read(database, f"SELECT * FROM {name}") for name in ROWS}
    assert comparable(written)[table] == comparable(ROWS)[table]


def test_there_are_no_other_tables(database):
    tables = read(database, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    assert {row["name"] for row in tables} == set(SCHEMA)


@pytest.mark.parametrize("table", SCHEMA)
def test_columns_foreign_keys_and_indexes_equal_those_of_the_reference(database, table):
    columns = read(database, f"PRAGMA table_info({table})")
    references = read(database, f"PRAGMA foreign_key_list({table})")
    indexes = [row for row in read(database, f"PRAGMA index_list({table})") if not row["name"].startswith("sqlite_")]
    for index in indexes:
        index["columns"] = [row["name"] for row in read(database, f"PRAGMA index_info({index['name']})")]
    assert SCHEMA[table] == {
        "columns": [[row["name"], row["type"], row["notnull"], row["pk"]] for row in columns],
        "references": sorted([row["from"], row["table"], row["to"]] for row in references),
        "indexes": sorted([row["name"], row["unique"], row["columns"]] for row in indexes),
    }
