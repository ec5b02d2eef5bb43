"""What one tree changes against another."""

import copy

import pytest
from hypothesis import given, settings

from chalicelib.domain.trees import diff
from chalicelib.domain.trees.diff import compare
from chalicelib.domain.types import LABELS
from tests.support.worlds.trees import make_file, random_branches, resource, topic, tree

NOTHING = dict.fromkeys(diff.SECTIONS, 0)


def names(changes, kind):
    return [line["title"] for line in changes[kind]]


def changed_fields(old, new):
    """What differs between two trees of one resource each."""
    changes = compare(tree(old), tree(new, run="2"))
    assert not changes["added"] + changes["removed"] + changes["moved"]
    return [field for line in changes["changed"] for field in line["fields"]]


@settings(deadline=None)
@given(random_branches())
def test_nothing_differs_from_itself_nor_from_the_same_of_another_chef_run(branches):
    one, other = tree(*branches), tree(*branches, run="2")
    assert diff.counts(compare(one, one)) == diff.counts(compare(one, other)) == NOTHING


@settings(deadline=None)
@given(random_branches(), random_branches())
def test_added_one_way_is_removed_the_other_way(old, new):
    there, back = compare(tree(*old), tree(*new)), compare(tree(*new), tree(*old))
    assert there["added"] == back["removed"]
    assert there["removed"] == back["added"]
    assert {line["node_id"] for line in there["moved"]} == {line["node_id"] for line in back["moved"]}
    assert {line["node_id"] for line in there["changed"]} == {line["node_id"] for line in back["changed"]}
    assert there["files_added"] == back["files_removed"]
    assert there["totals"] == back["totals"][::-1]


@settings(deadline=None)
@given(random_branches())
def test_against_an_empty_tree_everything_is_added(branches):
    nodes = tree(*branches)
    assert [line["id"] for line in compare(tree(), nodes)["added"]] == [node["id"] for node in nodes[1:]]


@settings(deadline=None)
@given(random_branches())
def test_trees_given_are_not_changed(branches):
    nodes = tree(*branches)
    before = copy.deepcopy(nodes)
    compare(nodes, nodes)
    assert nodes == before


def test_a_node_says_which_it_is():
    (line,) = compare(tree(), tree(resource("doc")))["added"]
    node = tree(resource("doc"))[1]
    assert line == {"id": node["id"], "node_id": node["node_id"], "title": "doc", "kind": "document"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Other"),
        ("description", "Other"),
        ("kind", "html5"),
        ("language", "sw"),
        ("license", "CC BY-SA"),
        ("license_description", "Other"),
        ("copyright_holder", "Other"),
        ("author", "Other"),
        ("aggregator", "Other"),
        ("provider", "Other"),
        ("role_visibility", "coach"),
        ("suggested_duration", 5),
        ("extra_fields", {"a": 1}),
        ("assessment_item_count", 3),
        ("tags", ["a"]),
        *((label, ["a"]) for label in LABELS),
    ],
)
def test_change_of_a_field_is_seen(field, value):
    assert changed_fields(resource("doc"), resource("doc", **{field: value})) == [field]


def test_other_file_is_a_change_but_another_id_of_it_is_not():
    one, same = make_file("a", id="1"), make_file("a", id="2")
    assert changed_fields(resource("doc", files=[one]), resource("doc", files=[same])) == []
    assert changed_fields(resource("doc", files=[one]), resource("doc", files=[make_file("b")])) == ["files"]
    assert changed_fields(resource("doc", files=[one]), resource("doc", files=[{**one, "language": "sw"}])) == ["files"]


@pytest.mark.parametrize("field", ["tags", *LABELS])
def test_order_of_tags_and_labels_is_no_change(field):
    """As for publishing (`snapshot.digest`): a chef that collects them in a set is not told of changes it made not."""
    assert changed_fields(resource("doc", **{field: ["a", "b"]}), resource("doc", **{field: ["b", "a"]})) == []


def test_node_below_another_topic_has_moved():
    old = tree(topic("a", resource("doc")), topic("b"))
    new = tree(topic("a"), topic("b", resource("doc")), run="2")
    new[-1]["node_id"] = old[2]["node_id"]
    changes = compare(old, new)
    assert names(changes, "moved") == ["doc"]
    assert diff.counts(changes) == {**NOTHING, "moved": 1}


def test_node_that_left_a_topic_for_the_root_has_moved():
    old, new = tree(topic("a", resource("doc"))), tree(topic("a"), resource("doc"), run="2")
    new[-1]["node_id"] = old[-1]["node_id"]
    assert names(compare(old, new), "moved") == ["doc"]


def test_size_counts_each_stored_file_once():
    shared, own = make_file("shared", file_size=5), make_file("own", file_size=3)
    new = tree(resource("a", files=[shared]), resource("b", files=[shared, own]))
    assert [totals["file_size"] for totals in compare(tree(), new)["totals"]] == [0, 8]


def test_sentence_says_the_counts():
    changes = compare(tree(resource("old")), tree(resource("new"), resource("newer", files=[])))
    assert diff.sentence(changes) == "2 added, 1 removed, 0 changed, 0 moved, 1 files added, 1 files removed."
