"""Default metadata of new nodes."""

from chalicelib.domain.exercises import criteria
from chalicelib.domain.trees.node_defaults import of_new_node

DEFAULTS = {"author": "Ann", "license": "CC BY", "provider": "", "language": "fr", "m_value": 2, "n_value": 3}


def test_fields_that_are_not_given_get_the_defaults():
    assert of_new_node("document", DEFAULTS, {}) == {"author": "Ann", "license": "CC BY", "language": "fr"}


def test_given_fields_stay_even_if_they_are_empty():
    assert of_new_node("video", DEFAULTS, {"author": "", "license": None, "language": None}) == {}


def test_topics_have_no_defaults():
    assert of_new_node("topic", DEFAULTS, {}) == {}


def test_exercises_are_randomized_unless_something_else_is_said():
    assert of_new_node("exercise", {}, {}) == {"extra_fields": {"randomize": True}}
    assert of_new_node("exercise", {"auto_randomize_questions": False}, {}) == {"extra_fields": {"randomize": False}}
    assert of_new_node("exercise", {}, {"extra_fields": {"randomize": None}}) == {"extra_fields": {"randomize": True}}
    given = {"extra_fields": {"randomize": False}}
    assert of_new_node("exercise", {}, given) == given


def mastery(defaults, **extra_fields):
    fields = of_new_node("exercise", defaults, {"extra_fields": extra_fields})["extra_fields"]
    assert criteria.problem("exercise", fields) is None
    criterion = criteria.criterion_of(fields)
    return criterion and criterion["threshold"]


def test_exercises_get_the_mastery_model_that_the_channel_has_set():
    assert mastery({**DEFAULTS, "mastery_model": "m_of_n"}) == {"mastery_model": "m_of_n", "m": 2, "n": 3}
    assert mastery({"mastery_model": "do_all"}) == {"mastery_model": "do_all"}
    assert mastery(DEFAULTS) is None
    assert mastery({"mastery_model": "skill_check"}) is None  # no criterion of le-utils


def test_a_given_mastery_model_stays():
    assert mastery({"mastery_model": "do_all"}, mastery_model="m_of_n", m=1, n=2) is None
    own = {"model": "mastery", "threshold": {"mastery_model": "m_of_n", "m": 1, "n": 2}}
    assert mastery({"mastery_model": "do_all"}, options={"completion_criteria": own}) == own["threshold"]
