"""The search index."""

from datetime import timedelta

import pytest

from chalicelib.sqlite import sqlite3
from tests.content_databases.search_builders import AT, Index, leaf, query, snapshot_of, topic


@pytest.fixture
def index(tmp_path):
    return Index(tmp_path)


@pytest.mark.parametrize("keywords", ['"', "a AND", "NOT", "title:one", "NEAR(a b)", "*", "^one", "one*", "(", "-one"])
def test_keywords_are_never_parsed_as_syntax(index, keywords):
    index.put(snapshot_of(1, leaf("one"), leaf("not near title: AND")))
    assert index.titles(keywords=keywords) in (["one"], ["not near title: AND"], [])


def test_the_title_has_the_greatest_weight(index):
    described = leaf("Numbers", description="fractions fractions fractions")
    tagged = leaf("Numbers again", tags=["fractions"])
    index.put(snapshot_of(1, described, tagged, leaf("Fractions, a long title that says more than one word")))
    titles = index.titles(keywords="fraction")
    assert titles[0].startswith("Fractions")
    assert len(titles) == 3


def test_an_id_finds_its_node(index):
    snapshot = snapshot_of(1, topic("above", leaf("one")), leaf("two"))
    index.put(snapshot)
    node = next(node for node in snapshot["nodes"] if node["title"] == "one")
    for name in ("id", "node_id", "content_id"):
        assert index.titles(keywords=node[name]) == ["one"]
        assert index.titles(keywords=node[name].upper(), kinds="topic") == []


def test_returns_all_fields_of_a_node(index):
    snapshot = snapshot_of(1, topic("above", topic("below", leaf("one")), leaf()))
    index.put(snapshot)
    file = index.read()
    rows = {row["title"]: row for row in file.find(query(), file.channels, 25, 0)[1]}
    root, above = snapshot["nodes"][0]["id"], snapshot["nodes"][1]["id"]
    assert rows["above"]["resource_count"] == 2
    assert (rows["below"]["resource_count"], rows["one"]["resource_count"]) == (1, 0)
    assert (rows["above"]["parent"].hex(), rows["below"]["parent"].hex()) == (root, above)
    assert rows["one"]["original_channel_id"] is None  # it was created in this channel
    (channel,) = file.channels.values()
    assert (channel.id, channel.root_id, channel.name) == (snapshot["channel"]["id"], root, "Channel 1")


def test_a_file_of_the_previous_version_gets_summaries_by_and_by(index):
    index.put(snapshot_of(1, leaf("old", description="d")))
    with sqlite3.connect(index._file) as connection:
        connection.execute("ALTER TABLE node DROP COLUMN summary")
    assert index.titles() == ["old"]
    index.put(snapshot_of(2, leaf("new", description="a\nb")))
    file = index.read()
    rows = file.find(query(), file.channels, 25, 0)[1]
    assert {row["title"]: row["summary"] for row in rows} == {"old": None, "new": "a b"}


def test_a_newer_version_replaces_the_older_one(index):
    index.put(snapshot_of(1, leaf("old"), leaf("both")), snapshot_of(2, leaf("other")))
    index.put(snapshot_of(1, leaf("new"), leaf("both"), version=2))
    assert sorted(index.titles()) == ["both", "new", "other"]
    assert index.titles(keywords="old") == []
    assert index.remove(f"{1:032x}")
    assert not index.remove(f"{1:032x}")
    assert index.titles() == index.titles(keywords="other") == ["other"]
    assert index.titles(keywords="both") == []


def test_a_node_was_created_with_the_first_version_that_had_it(index):
    one = leaf("one", node_id=f"{7:032x}")
    first = index.put(snapshot_of(1, one))
    later = AT + timedelta(days=2)
    one = leaf("one again", node_id=f"{7:032x}")
    index.put(snapshot_of(1, one, leaf("two"), version=2), at=later, old=first)
    assert index.titles(created_after="2025-06-02") == ["two"]
    assert sorted(index.titles(created_after="2025-06-01")) == ["one again", "two"]
    assert index.titles(created_after="2025-06-03T00:00:01Z") == []


def test_a_page_after_the_last_is_empty_but_has_the_total(index):
    index.put(snapshot_of(1, leaf(), leaf()))
    file = index.read()
    assert file.find(query(), file.channels, 25, 2**70) == (2, [])
    assert file.find(query(), [], 25, 0) == (0, [])
