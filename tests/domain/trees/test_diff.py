"""Comparison of two trees."""

import copy

import pytest
from hypothesis import given, settings

from chalicelib.domain.trees import diff
from chalicelib.domain.types import LABELS
from tests.domain.trees.comparing import compare, counts
from tests.support.worlds.trees import make_file, random_branches, resource, topic, tree

NOTHING = dict.fromkeys(diff.SECTIONS, 0)


def names(changes, kind):
    return [line["title"] for line in changes[kind]]


def changed_fields(old, new):
    """The changed fields between two trees with one resource each."""
    changes = compare(tree(old), tree(new, run="2"))
    assert not changes["added"] + changes["removed"] + changes["moved"]
    return [field for line in changes["changed"] for field in line["fields"]]


@settings(deadline=None)
@given(random_branches())
def test_a_tree_equals_itself_and_the_same_tree_of_another_chef_run(branches):
    one, other = tree(*branches), tree(*branches, run="2")
    assert counts(compare(one, one)) == counts(compare(one, other)) == NOTHING


@settings(deadline=None)
@given(random_branches(), random_branches())
def test_nodes_added_in_one_direction_are_removed_in_the_other(old, new):
    there, back = compare(tree(*old), tree(*new)), compare(tree(*new), tree(*old))
    assert there["added"] == back["removed"]
    assert there["removed"] == back["added"]
    assert {line["node_id"] for line in there["moved"]} == {line["node_id"] for line in back["moved"]}
    assert {line["node_id"] for line in there["changed"]} == {line["node_id"] for line in back["changed"]}
    assert there["files_added"] == back["files_removed"]
    assert there["totals"] == back["totals"][::-1]


@settings(deadline=None)
@given(random_branches())
def test_everything_is_added_to_an_empty_tree(branches):
    nodes = tree(*branches)
    assert [line["id"] for line in compare(tree(), nodes)["added"]] == [node["id"] for node in nodes[1:]]


@settings(deadline=None)
@given(random_branches())
def test_given_trees_are_not_modified(branches):
    nodes = tree(*branches)
    before = copy.deepcopy(nodes)
    compare(nodes, nodes)
    assert nodes == before


def test_lines_identify_their_node():
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
def test_changed_field_is_listed(field, value):
    assert changed_fields(resource("doc"), resource("doc", **{field: value})) == [field]


def test_another_file_is_a_change_but_another_file_id_is_not():
    one, same = make_file("a", id="1"), make_file("a", id="2")
    assert changed_fields(resource("doc", files=[one]), resource("doc", files=[same])) == []
    assert changed_fields(resource("doc", files=[one]), resource("doc", files=[make_file("b")])) == ["files"]
    assert changed_fields(resource("doc", files=[one]), resource("doc", files=[{**one, "language": "sw"}])) == ["files"]


@pytest.mark.parametrize("field", ["tags", *LABELS])
def test_order_of_tags_and_labels_is_not_a_change(field):
    """As in `snapshot.digest`: a chef may collect them in a set, whose order varies between runs."""
    assert changed_fields(resource("doc", **{field: ["a", "b"]}), resource("doc", **{field: ["b", "a"]})) == []


def test_node_under_another_topic_has_moved():
    old = tree(topic("a", resource("doc")), topic("b"))
    new = tree(topic("a"), topic("b", resource("doc")), run="2")
    new[-1]["node_id"] = old[2]["node_id"]
    changes = compare(old, new)
    assert names(changes, "moved") == ["doc"]
    assert counts(changes) == {**NOTHING, "moved": 1}


def test_node_moved_from_a_topic_to_the_root_has_moved():
    old, new = tree(topic("a", resource("doc"))), tree(topic("a"), resource("doc"), run="2")
    new[-1]["node_id"] = old[-1]["node_id"]
    assert names(compare(old, new), "moved") == ["doc"]


def test_size_counts_each_distinct_file_once():
    shared, own = make_file("shared", file_size=5), make_file("own", file_size=3)
    new = tree(resource("a", files=[shared]), resource("b", files=[shared, own]))
    assert [totals["file_size"] for totals in compare(tree(), new)["totals"]] == [0, 8]


def test_sentence_lists_the_counts():
    changes = compare(tree(resource("old")), tree(resource("new"), resource("newer", files=[])))
    assert diff.sentence(counts(changes)) == "2 added, 1 removed, 0 changed, 0 moved, 1 files added, 1 files removed."
