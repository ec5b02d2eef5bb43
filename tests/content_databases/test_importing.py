"""Rows to import for a node, its ancestors and its descendants, whole and in pages."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.content_databases.importing import import_metadata, parse_schema
from chalicelib.errors import BadRequest
from tests.content_databases import builders
from tests.support.existing import existing
from tests.support.worlds.trees import CHANNEL_ID, resource, topic

EVERY = 1000  # more nodes than any tree in these tests has
OF_NODES = ("content_file", "content_contentnode_tags", "content_assessmentmetadata")
PREREQUISITES = "content_contentnode_has_prerequisite"


def imported(*arguments: Any) -> tuple[dict[str, Any], int | None] | None:
    """What `import_metadata` returns, as tables by their names."""
    found = import_metadata(*arguments)
    return ({**found[0]}, found[1]) if found else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


def ids(tables, table="content_contentnode"):
    return [row["id"] for row in tables[table]]


def expected(snapshot, node_id, descendants):
    """The ids of all expected nodes, in tree order."""
    places = builders.places(snapshot)
    lft, rght = places[node_id]
    return [
        other
        for other, (left, right) in places.items()
        if (left <= lft and right >= rght) or (descendants and left > lft and right < rght)
    ]


@settings(deadline=None, max_examples=30)
@given(data=st.data(), snapshot=builders.snapshots(), descendants=st.booleans(), limit=st.integers(1, 9))
def test_pages_add_up_to_the_whole(folder, data, snapshot, descendants, limit):
    node_id = data.draw(st.sampled_from(builders.node_ids(snapshot)))
    with builders.opened(snapshot, folder) as source:
        whole, more = existing(imported(source.database, node_id, "5", descendants, 0, EVERY))
        assert more is None
        pages: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page, after = existing(imported(source.database, node_id, "5", descendants, after, limit))
            assert 0 < len(page["content_contentnode"]) <= limit
            pages.append(page)
    assert ids(whole) == expected(snapshot, node_id, descendants)
    for table in ("content_contentnode", *OF_NODES, PREREQUISITES):
        rows = [row for page in pages for row in page[table]]
        assert sorted(rows, key=repr) == sorted(whole[table], key=repr)
    for table in ("content_localfile", "content_contenttag", "content_language"):
        assert set(ids(whole, table)) == {id for page in pages for id in ids(page, table)}
    assert all(page["content_channelmetadata"] == whole["content_channelmetadata"] for page in pages)


@settings(deadline=None, max_examples=30)
@given(data=st.data(), snapshot=builders.snapshots(), descendants=st.booleans())
def test_foreign_keys_refer_to_rows_in_the_response(folder, data, snapshot, descendants):
    node_id = data.draw(st.sampled_from(builders.node_ids(snapshot)))
    with builders.opened(snapshot, folder) as source:
        tables, _ = existing(imported(source.database, node_id, "5", descendants, 0, EVERY))
    nodes = set(ids(tables))
    assert {row["contentnode_id"] for table in OF_NODES for row in tables[table]} <= nodes
    files = tables["content_file"]
    assert {row["local_file_id"] for row in files} == set(ids(tables, "content_localfile"))
    languages = {row["lang_id"] for row in [*files, *tables["content_contentnode"]]} - {None}
    assert languages == set(ids(tables, "content_language"))
    tagged = {row["contenttag_id"] for row in tables["content_contentnode_tags"]}
    assert tagged == set(ids(tables, "content_contenttag"))
    node_ids = {node["id"]: node["node_id"] for node in snapshot["nodes"]}
    required = {(n["node_id"], node_ids[other]) for n in snapshot["nodes"] for other in n["prerequisites"]}
    assert {(row["from_contentnode_id"], row["to_contentnode_id"]) for row in tables[PREREQUISITES]} == {
        pair for pair in required if nodes.issuperset(pair)
    }


def test_values_equal_those_in_the_tables(tmp_path):
    snapshot = builders.snapshot_of(topic("t", resource("doc", role_visibility="coach")))
    with builders.opened(snapshot, tmp_path) as source:
        tables, _ = existing(imported(source.database, builders.node_ids(snapshot)[2], "6", False, 0, EVERY))
    assert tables["schema_version"] == "6"
    assert [row["coach_content"] for row in tables["content_contentnode"]] == [False, False, True]
    assert [row["options"] for row in tables["content_contentnode"]] == ["{}"] * 3
    assert [row["available"] for row in tables["content_localfile"]] == [True]
    (channel,) = tables["content_channelmetadata"]
    assert (channel["id"], channel["root_id"], channel["version"]) == (CHANNEL_ID, CHANNEL_ID, 1)


def test_a_prerequisite_may_be_on_another_page(tmp_path):
    snapshot = builders.snapshot_of(topic("t", resource("a"), resource("b"), resource("c")))
    root, top, *resources = snapshot["nodes"]
    for node, required in zip(resources, (top, resources[2], root), strict=True):
        node["prerequisites"] = [required["id"]]
    with builders.opened(snapshot, tmp_path) as source:
        pages = [existing(imported(source.database, CHANNEL_ID, "5", True, after, 1))[0] for after in (0, 1, 2, 3, 5)]
        alone, _ = existing(imported(source.database, resources[1]["node_id"], "5", False, 0, EVERY))
    assert [len(page[PREREQUISITES]) for page in pages] == [0, 0, 1, 1, 1]
    assert alone[PREREQUISITES] == []


def test_no_such_node(tmp_path):
    with builders.opened(builders.snapshot_of(), tmp_path) as source:
        assert import_metadata(source.database, "f" * 32, "5", True, 0, EVERY) is None


def test_nothing_follows_the_last_node(tmp_path):
    with builders.opened(builders.snapshot_of(resource("a")), tmp_path) as source:
        for after in (100, 2**63 - 1):
            tables, more = existing(imported(source.database, CHANNEL_ID, "5", True, after, 5))
            assert (ids(tables), more) == ([], None)


class TestSchema:
    @pytest.mark.parametrize(("query", "version"), [({}, "5"), ({"schema_version": ["4", "6"]}, "6")])
    def test_is_the_lowest_by_default(self, query, version):
        assert parse_schema(query) == version

    def test_is_normalized(self):
        assert parse_schema({"schema_version": ["+" + "0" * 5000 + "5"]}) == "5"
        assert parse_schema({"schema_version": [""]}) == "5"

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ("4", "Schema version is too low, exports only suported for versions 5 to 6"),
            ("-1", "Schema version is too low, exports only suported for versions 5 to 6"),
            ("7", "Schema version is too high, exports only suported for versions 5 to 6"),
            ("9" * 900, "Schema version is too high, exports only suported for versions 5 to 6"),
            ("x", "Schema version is not parseable by this version of Kolibri"),
            ("5.0", "Schema version is not parseable by this version of Kolibri"),
            ("٥", "Schema version is not parseable by this version of Kolibri"),
            ("9" * 5000, "Schema version is too high, exports only suported for versions 5 to 6"),
            ("-" + "9" * 5000, "Schema version is too low, exports only suported for versions 5 to 6"),
        ],
    )
    def test_is_rejected_with_kolibris_sentences(self, given, sentence):
        with pytest.raises(BadRequest) as caught:
            parse_schema({"schema_version": [given]})
        assert caught.value.detail == sentence
