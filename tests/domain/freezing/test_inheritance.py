"""Metadata that published nodes inherit."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)

from chalicelib.domain.freezing.inheritance import INHERITED_LABELS, Inheritance, most_specific
from tests.support.worlds.trees import make_channel, resource, topic, tree

LABELS = {
    "grade_levels": levels.PRESCHOOL,
    "resource_types": resource_type.TEXTBOOK,
    "categories": subjects.MATHEMATICS,
    "learner_needs": needs.PRIOR_KNOWLEDGE,
}


def inherit(channel, nodes):
    inheritance = Inheritance(channel)
    return [inheritance.of(node) for node in nodes]


def published(*branches, run="1", root=None, **channel):
    """The nodes with inherited metadata, by title."""
    nodes = tree(*branches, run=run, **(root or {}))
    return {node["title"]: node for node in inherit(make_channel(**channel), nodes)}


def test_every_inherited_field_is_tested():
    assert set(LABELS) == set(INHERITED_LABELS)


@pytest.mark.parametrize(("field", "label"), LABELS.items())
def test_resource_inherits_labels_of_ancestors(field, label):
    nodes = published(topic("outer", topic("inner", resource("doc")), **{field: [label]}))
    assert nodes["doc"][field] == [label]


def test_resource_inherits_labels_of_the_root():
    nodes = published(resource("doc"), root={"grade_levels": [levels.PRESCHOOL]})
    assert nodes["doc"]["grade_levels"] == [levels.PRESCHOOL]


def test_own_and_inherited_labels_are_merged():
    doc = resource("doc", grade_levels=[levels.TERTIARY])
    inner = topic("inner", doc, grade_levels=[levels.PRESCHOOL])
    nodes = published(topic("outer", inner, grade_levels=[levels.WORK_SKILLS, levels.TERTIARY]))
    assert nodes["doc"]["grade_levels"] == sorted({levels.TERTIARY, levels.PRESCHOOL, levels.WORK_SKILLS})


def test_more_specific_own_label_replaces_an_inherited_one():
    nodes = published(topic("t", resource("doc", categories=[subjects.ALGEBRA]), categories=[subjects.MATHEMATICS]))
    assert subjects.ALGEBRA.startswith(subjects.MATHEMATICS)
    assert nodes["doc"]["categories"] == [subjects.ALGEBRA]


def test_more_specific_inherited_label_replaces_an_own_one():
    nodes = published(topic("t", resource("doc", categories=[subjects.MATHEMATICS]), categories=[subjects.ALGEBRA]))
    assert nodes["doc"]["categories"] == [subjects.ALGEBRA]


def test_label_with_a_common_prefix_is_not_a_descendant():
    assert most_specific(["abc", "ab", "ab.c"]) == ["ab.c", "abc"]


def test_topic_has_only_its_own_labels():
    inner = topic("inner", resource("doc"), categories=[subjects.READING_AND_WRITING])
    nodes = published(topic("outer", inner, categories=[subjects.MATHEMATICS]))
    assert nodes["inner"]["categories"] == [subjects.READING_AND_WRITING]


def test_resources_outside_the_topic_do_not_inherit_its_labels():
    nodes = published(topic("a", resource("in a"), categories=[subjects.MATHEMATICS]), topic("b", resource("in b")))
    assert nodes["in b"]["categories"] == []


def test_accessibility_and_activities_are_not_inherited():
    labels = {
        "accessibility_labels": [accessibility_categories.TAGGED_PDF],
        "learning_activities": [learning_activities.READ],
    }
    nodes = published(topic("t", resource("doc"), **labels))
    assert nodes["doc"]["accessibility_labels"] == nodes["doc"]["learning_activities"] == []
    assert nodes["t"]["learning_activities"] == [learning_activities.READ]


def test_resource_without_language_inherits_that_of_the_nearest_topic():
    nodes = published(topic("outer", topic("inner", topic("t", resource("doc")), language="fr"), language="sw"))
    assert nodes["doc"]["language"] == "fr"


def test_resource_has_its_own_language():
    assert published(topic("t", resource("doc", language="ru"), language="fr"))["doc"]["language"] == "ru"


def test_topic_without_language_inherits_from_the_channel_not_its_parent():
    nodes = published(topic("outer", topic("inner", resource("doc")), language="fr"), language="sw")
    assert nodes["inner"]["language"] == "sw"
    assert nodes["root"]["language"] == "sw"


def test_language_of_the_channel_is_the_default():
    assert published(topic("t", resource("doc")), language="sw")["doc"]["language"] == "sw"


def test_language_may_remain_unknown():
    assert published(topic("t", resource("doc")), language=None)["doc"]["language"] is None


def test_channel_made_by_hand_passes_on_only_its_language():
    outer = topic("t", resource("doc"), language="fr", **{field: [label] for field, label in LABELS.items()})
    nodes = published(outer, inherit_metadata=False, language="sw")
    assert nodes["doc"]["language"] == "sw"
    assert all(nodes["doc"][field] == [] for field in LABELS)


def test_given_nodes_are_not_modified():
    nodes = tree(topic("t", resource("doc"), language="fr", categories=[subjects.MATHEMATICS]))
    before = copy.deepcopy(nodes)
    inherit(make_channel(), nodes)
    assert nodes == before


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join)))
def test_most_specific_labels_have_no_ancestors_among_them(labels):
    specific = most_specific(labels)
    assert specific == sorted(set(specific))
    assert set(specific) <= set(labels)
    assert all(any(f"{found}.".startswith(f"{label}.") for found in specific) for label in labels)
    assert not any(a != b and a.startswith(f"{b}.") for a in specific for b in specific)
