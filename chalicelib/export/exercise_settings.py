"""The mastery model of an exercise, and whether its questions are shuffled.

A node has these in `extra_fields` in one of two forms: ricecooker's `mastery_model`, `m` and `n` at the top level, or
le_utils' completion criteria in `options.completion_criteria`. `randomize` is at the top level in both.
"""

from dataclasses import dataclass
from typing import Any

from le_utils.constants import completion_criteria, exercises

from chalicelib.domain.types import NodeData

MASTERY_MODELS = frozenset(model for model, _ in exercises.MASTERY_MODELS)

# Models with fixed numbers, which override those of the node.
FIXED_COUNTS = {
    exercises.NUM_CORRECT_IN_A_ROW_2: 2,
    exercises.NUM_CORRECT_IN_A_ROW_3: 3,
    exercises.NUM_CORRECT_IN_A_ROW_5: 5,
    exercises.NUM_CORRECT_IN_A_ROW_10: 10,
    exercises.SKILL_CHECK: 1,
}
DEFAULT_MAX = 5  # "m of n" without numbers means all questions, but at most five


@dataclass(frozen=True)
class ExerciseSettings:
    """The settings of an exercise. `m` and `n` are None unless the node has positive numbers."""

    mastery_model: str
    m: int | None
    n: int | None
    randomize: bool


def exercise_settings(node: NodeData) -> ExerciseSettings:
    """Read both forms. Completion criteria override the legacy keys; a missing or unknown model means "m of n"."""
    fields = node["extra_fields"]
    source = _mastery_threshold(fields) or fields
    model = str(source.get("mastery_model"))
    randomize = fields.get("randomize")
    return ExerciseSettings(
        mastery_model=model if model in MASTERY_MODELS else exercises.M_OF_N,
        m=_positive(source.get("m")),
        n=_positive(source.get("n")),
        randomize=True if randomize is None else bool(randomize),
    )


def mastery_model(node: NodeData, question_count: int) -> dict[str, Any]:
    """The content database's `mastery_model`: `{"type", "n", "m"}`, where m of the last n answers must be correct.

    `do_all`, quizzes and tests count every question; "N in a row" is N of N. "m of n" uses the node's numbers, with
    one of them for both if the other is missing, and never requires more correct answers than answers.
    """
    settings = exercise_settings(node)
    questions = max(question_count, 1)
    if settings.mastery_model == exercises.M_OF_N:
        n = settings.n or settings.m or min(DEFAULT_MAX, questions)
        m = min(settings.m or n, n)
    else:
        m = n = FIXED_COUNTS.get(settings.mastery_model, questions)
    return {"type": settings.mastery_model, "n": n, "m": m}


def randomize(node: NodeData) -> bool:
    """Whether the exercise's questions are shuffled, which is the default."""
    return exercise_settings(node).randomize


def _mastery_threshold(fields: dict[str, Any]) -> dict[str, Any]:
    criteria = _mapping(_mapping(fields.get("options")).get("completion_criteria"))
    is_mastery = criteria.get("model") == completion_criteria.MASTERY
    return _mapping(criteria.get("threshold")) if is_mastery else {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _positive(value: object) -> int | None:
    """Parse a positive number, which ricecooker sends as a number or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None
