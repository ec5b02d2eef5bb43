"""Mastery models of exercises, in both forms."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants import completion_criteria, exercises

from chalicelib.export.exercise_settings import MASTERY_MODELS, exercise_settings, mastery_model, randomize
from tests.export.perseus_builders import make_node


def with_criteria(model: str, m: object = None, n: object = None, **extra_fields: Any):
    threshold = {"mastery_model": model, "m": m, "n": n}
    criteria = {"model": completion_criteria.MASTERY, "threshold": threshold}
    return make_node(options={"completion_criteria": criteria}, **extra_fields)


@pytest.mark.parametrize(
    ("model", "m", "n", "expected"),
    [
        (exercises.M_OF_N, 3, 4, (3, 4)),
        (exercises.M_OF_N, "3", "4", (3, 4)),
        (exercises.M_OF_N, None, None, (5, 5)),
        (exercises.M_OF_N, 3, None, (3, 3)),
        (exercises.M_OF_N, None, 3, (3, 3)),
        (exercises.M_OF_N, 9, 4, (4, 4)),
        (exercises.M_OF_N, -1, 0, (5, 5)),
        (exercises.M_OF_N, "many", [], (5, 5)),
        (exercises.DO_ALL, 2, 2, (7, 7)),
        (exercises.DO_ALL, None, None, (7, 7)),
        (exercises.QUIZ, None, None, (7, 7)),
        (exercises.PRE_POST_TEST, None, None, (7, 7)),
        (exercises.SKILL_CHECK, None, None, (1, 1)),
        (exercises.NUM_CORRECT_IN_A_ROW_2, None, None, (2, 2)),
        (exercises.NUM_CORRECT_IN_A_ROW_3, 1, 9, (3, 3)),
        (exercises.NUM_CORRECT_IN_A_ROW_5, None, None, (5, 5)),
        (exercises.NUM_CORRECT_IN_A_ROW_10, None, None, (10, 10)),
    ],
)
def test_both_forms_give_the_same_mastery_model(model, m, n, expected):
    published = {"type": model, "m": expected[0], "n": expected[1]}
    assert mastery_model(make_node(mastery_model=model, m=m, n=n), 7) == published
    assert mastery_model(with_criteria(model, m, n), 7) == published


def test_mastery_models_are_those_of_the_recorded_content_database():
    first = make_node(mastery_model=exercises.M_OF_N, randomize=True, m=3, n=4)
    second = make_node(mastery_model=exercises.DO_ALL, randomize=False, m=2, n=2)
    assert mastery_model(first, 4) == {"type": "m_of_n", "n": 4, "m": 3}
    assert mastery_model(second, 2) == {"type": "do_all", "n": 2, "m": 2}
    assert (randomize(first), randomize(second)) == (True, False)


def test_m_of_n_without_numbers_requires_at_most_all_questions():
    assert mastery_model(make_node(mastery_model=exercises.M_OF_N), 3) == {"type": exercises.M_OF_N, "n": 3, "m": 3}


def test_exercise_without_questions_still_has_positive_numbers():
    assert mastery_model(make_node(mastery_model=exercises.DO_ALL), 0) == {"type": exercises.DO_ALL, "n": 1, "m": 1}


def test_completion_criteria_override_legacy_keys():
    node = with_criteria(exercises.DO_ALL, mastery_model=exercises.M_OF_N, m=1, n=2)
    assert exercise_settings(node).mastery_model == exercises.DO_ALL


def test_other_completion_criteria_are_ignored():
    criteria = {"model": completion_criteria.TIME, "threshold": 60}
    node = make_node(mastery_model=exercises.DO_ALL, options={"completion_criteria": criteria})
    assert exercise_settings(node).mastery_model == exercises.DO_ALL


@pytest.mark.parametrize(("given_value", "expected"), [(True, True), (False, False), (None, True)])
def test_questions_are_shuffled_by_default(given_value, expected):
    assert randomize(with_criteria(exercises.DO_ALL, randomize=given_value)) is expected
    assert randomize(make_node()) is True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(model=json_values, m=json_values, n=json_values, options=json_values, count=st.integers(0, 50))
def test_any_extra_fields_give_an_achievable_mastery_model(model, m, n, options, count):
    published = mastery_model(make_node(mastery_model=model, m=m, n=n, options=options), count)
    assert published["type"] in MASTERY_MODELS
    assert 1 <= published["m"] <= published["n"]
