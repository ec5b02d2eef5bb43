"""What published nodes take from the topics above them."""

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

from chalicelib.domain.trees.inheritance import INHERITED_LABELS, inherit, most_specific
from tests.support.worlds.trees import make_channel, resource, topic, tree

LABELS = {
    "grade_levels": levels.PRESCHOOL,
    "resource_types": resource_type.TEXTBOOK,
    "categories": subjects.MATHEMATICS,
    "learner_needs": needs.PRIOR_KNOWLEDGE,
}


def published(*branches, run="1", root=None, **channel):
    """The nodes with what they inherit, by title."""
    nodes = tree(*branches, run=run, **(root or {}))
    return {node["title"]: node for node in inherit(make_channel(**channel), nodes)}


def test_every_inherited_field_is_tested():
    assert set(LABELS) == set(INHERITED_LABELS)


@pytest.mark.parametrize(("field", "label"), LABELS.items())
def test_resource_takes_labels_of_topics_above_it(field, label):
    nodes = published(topic("outer", topic("inner", resource("doc")), **{field: [label]}))
    assert nodes["doc"][field] == [label]


def test_resource_takes_labels_of_the_root():
    nodes = published(resource("doc"), root={"grade_levels": [levels.PRESCHOOL]})
    assert nodes["doc"]["grade_levels"] == [levels.PRESCHOOL]


def test_own_and_inherited_labels_are_merged():
    doc = resource("doc", grade_levels=[levels.TERTIARY])
    inner = topic("inner", doc, grade_levels=[levels.PRESCHOOL])
    nodes = published(topic("outer", inner, grade_levels=[levels.WORK_SKILLS, levels.TERTIARY]))
    assert nodes["doc"]["grade_levels"] == sorted({levels.TERTIARY, levels.PRESCHOOL, levels.WORK_SKILLS})


def test_more_specific_own_label_takes_the_place_of_an_inherited_one():
    nodes = published(topic("t", resource("doc", categories=[subjects.ALGEBRA]), categories=[subjects.MATHEMATICS]))
    assert subjects.ALGEBRA.startswith(subjects.MATHEMATICS)
    assert nodes["doc"]["categories"] == [subjects.ALGEBRA]


def test_more_specific_inherited_label_takes_the_place_of_an_own_one():
    nodes = published(topic("t", resource("doc", categories=[subjects.MATHEMATICS]), categories=[subjects.ALGEBRA]))
    assert nodes["doc"]["categories"] == [subjects.ALGEBRA]


def test_label_that_begins_with_the_letters_of_another_is_no_part_of_it():
    assert most_specific(["abc", "ab", "ab.c"]) == ["ab.c", "abc"]


def test_topic_keeps_its_own_labels_only():
    inner = topic("inner", resource("doc"), categories=[subjects.READING_AND_WRITING])
    nodes = published(topic("outer", inner, categories=[subjects.MATHEMATICS]))
    assert nodes["inner"]["categories"] == [subjects.READING_AND_WRITING]


def test_labels_do_not_reach_resources_beside_the_topic():
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


def test_resource_without_language_takes_that_of_the_nearest_topic_with_one():
    nodes = published(topic("outer", topic("inner", topic("t", resource("doc")), language="fr"), language="sw"))
    assert nodes["doc"]["language"] == "fr"


def test_resource_keeps_its_language():
    assert published(topic("t", resource("doc", language="ru"), language="fr"))["doc"]["language"] == "ru"


def test_topic_without_language_takes_the_channels_not_its_parents():
    nodes = published(topic("outer", topic("inner", resource("doc")), language="fr"), language="sw")
    assert nodes["inner"]["language"] == "sw"
    assert nodes["root"]["language"] == "sw"


def test_language_of_the_channel_is_the_last_resort():
    assert published(topic("t", resource("doc")), language="sw")["doc"]["language"] == "sw"


def test_language_stays_unknown_where_nobody_knows_it():
    assert published(topic("t", resource("doc")), language=None)["doc"]["language"] is None


def test_channel_made_by_hand_passes_on_nothing_but_its_language():
    outer = topic("t", resource("doc"), language="fr", **{field: [label] for field, label in LABELS.items()})
    nodes = published(outer, inherit_metadata=False, language="sw")
    assert nodes["doc"]["language"] == "sw"
    assert all(nodes["doc"][field] == [] for field in LABELS)


def test_nodes_given_are_not_changed():
    nodes = tree(topic("t", resource("doc"), language="fr", categories=[subjects.MATHEMATICS]))
    before = copy.deepcopy(nodes)
    inherit(make_channel(), nodes)
    assert nodes == before


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join)))
def test_most_specific_labels_cover_all_and_none_covers_another(labels):
    kept = most_specific(labels)
    assert kept == sorted(set(kept))
    assert set(kept) <= set(labels)
    assert all(any(f"{found}.".startswith(f"{label}.") for found in kept) for label in labels)
    assert not any(a != b and a.startswith(f"{b}.") for a in kept for b in kept)
