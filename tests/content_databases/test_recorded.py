"""Comparison with Kolibri Studio's recorded responses for the same small channel."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from le_utils.constants import format_presets

from chalicelib.content_databases import nodes
from chalicelib.content_databases.database import Source
from chalicelib.content_databases.filters import NodeFilter, parse
from chalicelib.content_databases.importing import import_metadata
from chalicelib.content_databases.tree import TreePage, subtree
from chalicelib.domain.types import LABELS
from tests.content_databases import builders
from tests.support.existing import existing
from tests.support.worlds.frozen import freeze

FIXTURES = Path(__file__).parents[1] / "fixtures"
GIVEN = json.loads((FIXTURES / "content_db" / "small_input.json").read_text(encoding="utf-8"))
RECORDED = json.loads((FIXTURES / "published" / "recorded.json").read_text(encoding="utf-8"))
NOT_COMPARED = {"num_coach_contents", "assessment_item_ids"}
EXERCISE = "5c8a2f023d4d567eb04e749287dc61ca"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    snapshot = freeze(GIVEN["channel"], GIVEN["nodes"], GIVEN["version"])
    for node in snapshot["nodes"]:
        node.update(GIVEN["derived"].get(node["node_id"], {}))
    with builders.opened(snapshot, tmp_path_factory.mktemp("recorded")) as source:
        yield Source(source.database, 1, "")


def comparable(value):
    """A value without the differences that are allowed.

    These are random ids, the order of files and labels, the formatting of JSON, the ids and files of questions, a title
    that was edited since, and the number of coach resources, which is correct only here.
    """
    if isinstance(value, list):
        return [comparable(entry) for entry in value]
    if isinstance(value, str):
        return value.removesuffix(" (edited)")
    if not isinstance(value, dict):
        return value
    value = {name: comparable(json.loads(entry) if _is_json(entry) else entry) for name, entry in value.items()}
    value |= {name: sorted(_as_list(value[name])) for name in LABELS if name in value}
    value |= dict.fromkeys(NOT_COMPARED & set(value))
    if "preset" in value or "number_of_assessments" in value:
        value |= {"id": None}
    if value.get("preset") == format_presets.QTI_ZIP:
        value |= {"priority": None, "included_presets": None}
    if "files" in value:
        value["files"] = sorted(value["files"], key=repr)
    return value


def _is_json(entry):
    return isinstance(entry, str) and entry.startswith(("{", "["))


def _as_list(labels):
    return labels.split(",") if isinstance(labels, str) else labels or []


@pytest.mark.parametrize("recorded", RECORDED["nodes"], ids=lambda node: node["title"])
def test_nodes_are_as_recorded(source, recorded):
    node: dict[str, Any] = {**existing(nodes.retrieve(source, recorded["id"]))}
    assert node.pop("parent_id") == node["parent"]
    assert comparable(node) == comparable(recorded)
    assert list(node) == list(recorded)
    assert all(list(ours) == list(theirs) for ours, theirs in zip(node["files"], recorded["files"], strict=True))
    assert list(node["assessmentmetadata"] or []) == list(recorded["assessmentmetadata"] or [])


@pytest.mark.parametrize("query", RECORDED["lists"])
def test_lists_are_as_recorded(source, query):
    given = parse_qs(query)
    limit = int(given.pop("max_results", ["100"])[0])
    assert [node["id"] for node in nodes.page(source, parse(given), 0, limit)] == RECORDED["lists"][query]


@pytest.mark.parametrize("path", RECORDED["trees"])
def test_trees_are_as_recorded(source, path):
    recorded, query = RECORDED["trees"][path], parse_qs(urlsplit(path).query)
    page = TreePage(**{name: int(values[-1]) for name, values in query.items()})
    tree = existing(subtree(source, recorded["id"], page, NodeFilter(), {}))
    children = tree.get("children")
    assert (children and [child["id"] for child in children["results"]]) == recorded["children"]
    assert (children and children["more"]) == recorded["more"]


@pytest.mark.parametrize("table", RECORDED["importmetadata"])
def test_rows_to_import_are_as_recorded(source, table):
    tables, _ = existing(import_metadata(source.database, EXERCISE, "5", False, 0, 100))
    ours, recorded = dict[str, Any](tables)[table], RECORDED["importmetadata"][table]
    assert len(ours) == len(recorded)
    assert all(list(our) == list(their) for our, their in zip(ours, recorded, strict=True))
    if table not in ("content_contenttag", "content_contentnode_tags"):  # their ids are random
        assert sorted(map(comparable, ours), key=repr) == sorted(map(comparable, recorded), key=repr)


def test_tables_to_import_are_as_recorded(source):
    tables, _ = existing(import_metadata(source.database, EXERCISE, "5", False, 0, 100))
    assert list(tables) == [*RECORDED["importmetadata"], "content_channelmetadata", "schema_version"]
