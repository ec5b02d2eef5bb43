"""Mastery and completion criteria in a node's extra fields."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants import completion_criteria, content_kinds, exercises

from chalicelib.domain.exercises import criteria
from tests.support.existing import existing
from tests.support.worlds.values import json_values

KINDS = [kind for kind, _ in content_kinds.choices]
M_OF_N = {"mastery_model": exercises.M_OF_N, "m": 1, "n": 2}


def given_criterion(**criterion):
    return {"options": {"completion_criteria": criterion}}


VALID: dict[str, dict[str, Any]] = {
    completion_criteria.TIME: {"threshold": 10},
    completion_criteria.APPROX_TIME: {"threshold": 0.5},
    completion_criteria.PAGES: {"threshold": "100%"},
    completion_criteria.MASTERY: {"threshold": M_OF_N},
    completion_criteria.REFERENCE: {},
    completion_criteria.DETERMINED_BY_RESOURCE: {"threshold": None},
}
MODELS = {
    completion_criteria.TIME: {"document", "html5", "h5p", "zim", "audio", "video", "slideshow"},
    completion_criteria.APPROX_TIME: {"document", "html5", "h5p", "zim", "audio", "video", "slideshow"},
    completion_criteria.REFERENCE: {"document", "html5", "h5p", "zim", "audio", "video", "slideshow"},
    completion_criteria.PAGES: {"document"},
    completion_criteria.MASTERY: {"exercise"},
    completion_criteria.DETERMINED_BY_RESOURCE: {"html5", "h5p", "zim", "slideshow"},
}


def test_every_model_is_tested():
    assert set(VALID) == set(MODELS) == {model for model, _ in completion_criteria.choices}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", VALID)
def test_a_model_is_allowed_for_certain_kinds_only(model, kind):
    fields = given_criterion(model=model, **VALID[model])
    assert criteria.problem(kind, fields) is None
    assert criteria.is_allowed_for_kind(kind, fields) == (kind in MODELS[model])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"options": None},
        {"options": {}},
        {"options": {"completion_criteria": None}},
        {"options": {"modality": "x"}},
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_missing_criterion_is_allowed_for_every_kind(kind, fields):
    assert criteria.problem(kind, fields) is None
    assert criteria.is_allowed_for_kind(kind, fields)
    assert criteria.criterion_of(fields) is None


@pytest.mark.parametrize(
    "criterion",
    [
        {"model": "unheard of"},
        {"model": None},
        {"threshold": 3},
        {"model": "time"},
        {"model": "time", "threshold": 0},
        {"model": "time", "threshold": -1},
        {"model": "time", "threshold": "5"},
        {"model": "pages", "threshold": "0%"},
        {"model": "pages", "threshold": "101%"},
        {"model": "reference", "threshold": 5},
        {"model": "mastery"},
        {"model": "mastery", "threshold": {}},
        {"model": "mastery", "threshold": {"mastery_model": "m_of_n"}},
        {"model": "mastery", "threshold": {"mastery_model": "m_of_n", "m": 1, "n": 2, "more": 3}},
        {"model": "mastery", "threshold": {"mastery_model": "pre_post_test"}},
        {"model": "time", "threshold": 5, "more": 1},
        {"model": "time", "threshold": 5, "learner_managed": "yes"},
    ],
    ids=str,
)
def test_criterion_that_does_not_match_the_schema_is_a_problem(criterion):
    assert "completion_criteria" in existing(criteria.problem("video", given_criterion(**criterion)))


@pytest.mark.parametrize("criterion", ["text", 5, True, ["model"]])
def test_criterion_that_is_not_an_object_is_a_problem(criterion):
    fields = {"options": {"completion_criteria": criterion}}
    assert "completion_criteria" in existing(criteria.problem("video", fields))


@pytest.mark.parametrize("options", ["text", 5, True, False, [], ["a"]])
def test_options_that_are_not_an_object_are_a_problem(options):
    assert "options" in existing(criteria.problem("video", {"options": options}))


@pytest.mark.parametrize("model", [model for model, _ in exercises.MASTERY_MODELS])
def test_every_mastery_model_of_le_utils_is_accepted(model):
    assert criteria.problem("exercise", {"mastery_model": model}) is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"mastery_model": "unheard of"}, "mastery_model"),
        ({"mastery_model": ""}, "mastery_model"),
        ({"mastery_model": 5}, "mastery_model"),
        ({"mastery_model": ["m_of_n"]}, "mastery_model"),
        ({"mastery_model": {"m_of_n": 1}}, "mastery_model"),
        ({"m": "three"}, "m must"),
        ({"m": -1}, "m must"),
        ({"m": 1.5}, "m must"),
        ({"m": True}, "m must"),
        ({"m": "²"}, "m must"),  # a digit, but not a decimal one
        ({"n": []}, "n must"),
        ({"n": ""}, "n must"),
        ({"randomize": "yes"}, "randomize"),
        ({"randomize": 1}, "randomize"),
    ],
    ids=str,
)
def test_invalid_mastery_fields_of_exercises_are_a_problem(fields, named):
    assert named in existing(criteria.problem("exercise", fields))
    assert criteria.problem("video", fields) is None


@pytest.mark.parametrize(
    "fields", [{"m": 3, "n": 5}, {"m": "3", "n": "5"}, {"m": None, "n": None}, {"randomize": False}]
)
def test_numbers_may_be_text(fields):
    assert criteria.problem("exercise", fields) is None


class TestMastery:
    @pytest.mark.parametrize("model", [model for model, _ in exercises.MASTERY_MODELS if model != exercises.M_OF_N])
    def test_is_given_by_a_model(self, model):
        assert criteria.has_mastery({"mastery_model": model})

    def test_m_of_n_requires_both_numbers(self):
        assert criteria.has_mastery(M_OF_N)
        assert criteria.has_mastery({**M_OF_N, "m": "1", "n": "2"})
        for missing in ({"m": None}, {"n": None}, {"m": 0}, {"n": ""}):
            assert not criteria.has_mastery({**M_OF_N, **missing})

    def test_numbers_in_text_count(self):
        assert not criteria.has_mastery({**M_OF_N, "m": "0"})

    def test_is_given_by_a_criterion(self):
        assert criteria.has_mastery(given_criterion(model="mastery", threshold=M_OF_N))

    def test_is_missing_by_default(self):
        assert not criteria.has_mastery({})
        assert not criteria.has_mastery({"options": {"completion_criteria": {}}, "m": 1, "n": 2})


@settings(deadline=None)
@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(["options", "mastery_model", "m", "n", "randomize"]), json_values()),
)
def test_any_extra_fields_are_checked_without_an_exception(kind, fields):
    assert criteria.problem(kind, fields) is None or existing(criteria.problem(kind, fields)).endswith(".")


@settings(deadline=None)
@given(st.sampled_from(KINDS), json_values(), json_values())
def test_any_criterion_is_checked_without_an_exception(kind, model, threshold):
    fields = given_criterion(model=model, threshold=threshold)
    criteria.problem(kind, fields)
    assert criteria.is_allowed_for_kind(kind, fields) in (True, False)
    assert criteria.has_mastery(fields) in (True, False)
