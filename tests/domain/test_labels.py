"""Lookup of labels by id and name."""

import pytest
from le_utils.constants.labels import learning_activities, levels, resource_type, subjects

from chalicelib.domain.labels import has_label, ids_of


@pytest.mark.parametrize("word", ["Mathematics", "mathematics", " MATHEMATICS ", subjects.MATHEMATICS])
def test_labels_are_found_by_id_and_by_name_in_any_case(word):
    assert ids_of("categories", word) == {subjects.MATHEMATICS}


def test_names_of_several_words_may_have_underscores():
    assert (
        ids_of("resource_types", "lesson_plan")
        == ids_of("resource_types", "Lesson Plan")
        == {resource_type.LESSON_PLAN}
    )


def test_each_field_has_separate_labels():
    assert ids_of("learning_activities", "read") == {learning_activities.READ}
    assert ids_of("grade_levels", "read") == frozenset()
    assert ids_of("grade_levels", levels.TERTIARY.lower()) == frozenset() or levels.TERTIARY.islower()


@pytest.mark.parametrize("word", ["", "none", "d", "é" * 1000])
def test_unknown_words_match_no_label(word):
    assert ids_of("categories", word) == frozenset()


def test_descendants_of_a_label_match_it():
    assert has_label([subjects.ALGEBRA], frozenset([subjects.MATHEMATICS]))
    assert has_label(["x", subjects.MATHEMATICS], frozenset([subjects.MATHEMATICS]))
    assert not has_label([subjects.MATHEMATICS], frozenset([subjects.ALGEBRA]))
    assert not has_label([f"{subjects.MATHEMATICS}x"], frozenset([subjects.MATHEMATICS]))
    assert not has_label([subjects.MATHEMATICS], frozenset())
    assert not has_label([], frozenset([subjects.MATHEMATICS]))
