"""Content databases of trees that are large, deep or wide, and the memory that writing them takes."""

import json
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from le_utils.constants import languages

from benchmarks.frozen import export, freeze
from tests.support.worlds.frozen import freeze as frozen_of
from tests.support.worlds.trees import Branch, make_channel, make_file, resource, topic, tree, write_database

MAX_PER_NODE = 1000  # bytes
FEW, MANY = 500, 2000
LARGE = 5 * 2**32 + 1  # bytes


def rows(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def peak(folder: Path, count: int) -> int:
    """The bytes that Python holds at most while the next version of a tree of `count` nodes is exported."""
    path, before, after = (folder / f"{count}{name}" for name in (".jsonl.gz", " before", " after"))
    before.mkdir()
    after.mkdir()
    freeze(path, count)
    export(path, before)
    tracemalloc.start()
    try:
        export(path, after, before / "part.sqlite3")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_what_places_in_the_tree_cost(tmp_path: Path) -> None:
    peak(tmp_path, 10)  # what is loaded once
    few, many = (peak(tmp_path, count) for count in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < MAX_PER_NODE


def test_an_export_has_all_nodes_files_and_questions(tmp_path: Path) -> None:
    """The trees that memory and time are measured with are what they claim to be."""
    freeze(tmp_path / "tree.jsonl.gz", 1000)
    export(tmp_path / "tree.jsonl.gz", tmp_path)
    counts = (
        "SELECT (SELECT count(*) FROM content_contentnode), (SELECT count(*) FROM content_file),"
        " (SELECT sum(number_of_assessments) / count(*) FROM content_assessmentmetadata)"
    )
    ((nodes, files, questions),) = rows(tmp_path / "content.sqlite3", counts)
    ((exercises,),) = rows(tmp_path / "content.sqlite3", "SELECT count(*) FROM content_assessmentmetadata")
    assert (nodes, files, questions) == (1000, 2 * (1000 - 1 - 25), 3)
    assert 0.19 < exercises / nodes < 0.21
    assert rows(tmp_path / "part.sqlite3", "SELECT count(*) FROM node") == [(999,)]


def test_sizes_above_4_gb(tmp_path: Path) -> None:
    path = tmp_path / "large.sqlite3"
    files = [make_file("a", file_size=LARGE), make_file("b", "video_subtitle", file_size=LARGE)]
    write_database(frozen_of(make_channel(), tree(resource("a", files=files)), 1), path)
    assert rows(path, "SELECT sum(file_size_bigint), max(file_size) FROM content_localfile") == [(2 * LARGE, 2**31 - 1)]


@pytest.mark.parametrize("depth", [60])
def test_deep_trees(tmp_path: Path, depth: int) -> None:
    branch: Branch = resource("leaf")
    for level in range(depth):
        branch = topic(f"level {level}", branch)
    path = tmp_path / "deep.sqlite3"
    write_database(frozen_of(make_channel(), tree(branch), 1), path)
    nodes = rows(path, "SELECT level, lft, rght FROM content_contentnode ORDER BY level")
    assert nodes == [(level, level + 1, 2 * (depth + 2) - level) for level in range(depth + 2)]


def test_a_hundred_subtitles(tmp_path: Path) -> None:
    chosen = [language.code for language in languages.LANGUAGELIST][:100]
    files = [make_file(code, "video_subtitle", language=code) for code in chosen]
    path = tmp_path / "subtitles.sqlite3"
    write_database(frozen_of(make_channel(), tree(resource("video", kind="video", files=files)), 1), path)
    assert [code for (code,) in rows(path, "SELECT lang_id FROM content_file ORDER BY rowid")] == chosen
    assert rows(path, "SELECT count(*) FROM content_localfile") == [(100,)]


def test_an_exercise_of_500_questions(tmp_path: Path) -> None:
    ids = [f"{number:032x}" for number in range(500)]
    frozen = frozen_of(make_channel(), tree(resource("exercise", kind="exercise")), 1)
    model = {"type": "m_of_n", "m": 3, "n": 5}
    frozen["nodes"][1]["assessment"] = {"assessment_item_ids": ids, "mastery_model": model, "randomize": True}
    path = tmp_path / "exercise.sqlite3"
    write_database(frozen, path)
    statement = "SELECT number_of_assessments, assessment_item_ids FROM content_assessmentmetadata"
    ((number, found),) = rows(path, statement)
    assert (number, json.loads(found)) == (500, ids)
