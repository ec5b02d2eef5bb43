"""Upload and publish a small channel: its content database has the expected rows."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.clients import ChefRun, Kolibri, rows, run_chef, wait_for_version
from tests.e2e.tokens import channel_token

HERE = Path(__file__).parent
WANTED = json.loads((HERE.parent / "fixtures" / "e2e" / "small_rows.json").read_text())
LABELS = (
    "grade_levels",
    "resource_types",
    "learning_activities",
    "accessibility_labels",
    "categories",
    "learner_needs",
)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def chef(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> ChefRun:
    run = run_chef(HERE / "small_chef.py", stack.url, stack.token, tmp_path_factory.mktemp("small") / "chef")
    wait_for_version(stack.url, run.channel_id, 1)
    return run


@pytest.fixture(scope="module")
def database(stack: Any, chef: ChefRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "content.sqlite3"
    answer = httpx.get(f"{stack.url}/content/databases/{chef.channel_id}.sqlite3").raise_for_status()
    path.write_bytes(answer.content)
    return path


def only(found: Rows, wanted: Rows) -> Rows:
    """The found rows with the columns of the expected ones."""
    return [{column: row[column] for column in wanted[0]} for row in found]


def by_node_and_preset(row: dict[str, Any]) -> tuple[str, str]:
    return row["contentnode_id"], row["preset"]


def test_nodes_equal_the_written_rows_in_tree_order(database: Path) -> None:
    found = rows(database, "select * from content_contentnode order by lft")
    for row in found:
        row["options"] = json.loads(row["options"])
        row |= {label: sorted(row[label].split(",")) if row[label] else None for label in LABELS}
    assert only(found, WANTED["nodes"]) == WANTED["nodes"]


def test_files_equal_the_written_rows(database: Path) -> None:
    found = rows(database, "select * from content_file")
    wanted = sorted(WANTED["files"], key=by_node_and_preset)
    assert sorted(only(found, WANTED["files"]), key=by_node_and_preset) == wanted


def test_files_that_are_not_derived_have_the_checksum_and_size_that_were_sent(database: Path, chef: ChefRun) -> None:
    sql = (
        "select contentnode_id, l.id, l.extension, l.file_size, l.available from content_file f"
        " join content_localfile l on l.id = f.local_file_id where not thumbnail and preset <> 'exercise'"
    )
    sent = {
        (node["node_id"], *file["filename"].split("."), file["size"], 0)
        for node, _ in chef.nodes()
        for file in node["files"]
        if "thumbnail" not in file["preset"]
    }
    assert {tuple(row.values()) for row in rows(database, sql)} == sent


def test_tags_equal_the_written_rows(database: Path) -> None:
    sql = (
        "select contentnode_id, tag_name from content_contentnode_tags t"
        " join content_contenttag c on c.id = t.contenttag_id"
    )
    assert sorted(list(row.values()) for row in rows(database, sql)) == sorted(WANTED["tags"])


def test_assessments_equal_the_written_rows(database: Path) -> None:
    found = rows(database, "select * from content_assessmentmetadata")
    for row in found:
        row |= {column: json.loads(row[column]) for column in ("assessment_item_ids", "mastery_model")}
    wanted = {row["contentnode_id"]: row for row in WANTED["assessments"]}
    assert {row["contentnode_id"]: row for row in only(found, WANTED["assessments"])} == wanted


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("license", "license_name, license_description"),
        ("language", "id, lang_code, lang_subcode, lang_name, lang_direction"),
    ],
)
def test_licences_and_languages_equal_the_written_rows(database: Path, table: str, columns: str) -> None:
    found = [list(row.values()) for row in rows(database, f"select {columns} from content_{table} order by 1")]
    assert found == WANTED[f"{table}s"]


def test_the_channel_equals_the_written_row(database: Path) -> None:
    (channel,) = rows(database, "select * from content_channelmetadata")
    assert only([channel], [WANTED["channel"]]) == [WANTED["channel"]]
    assert channel["thumbnail"].startswith("data:image/png;base64,")


def test_the_database_passes_its_integrity_check(database: Path) -> None:
    assert rows(database, "pragma integrity_check") == [{"integrity_check": "ok"}]
    assert rows(database, "pragma foreign_key_check") == []


def test_kolibri_imports_it_by_token(stack: Any, chef: ChefRun, tmp_path: Path) -> None:
    token = channel_token(stack, chef.channel_id)
    kolibri = Kolibri(tmp_path / "kolibri", stack.url)
    kolibri.import_channel(f"{token[:5]}-{token[5:]}", chef.channel_id)
    imported = kolibri.rows("select id, available from content_contentnode order by lft")
    assert imported == [{"id": row["id"], "available": 1} for row in WANTED["nodes"]]
    assert kolibri.damaged_files(chef.channel_id) == []
