"""When an exercise counts as mastered and whether its questions are shuffled.

A node carries this in one of two forms, both in `extra_fields`: ricecooker's `mastery_model`, `m`, `n` at the
top, or le_utils' completion criteria in `options.completion_criteria`. `randomize` is at the top in both.
"""

from dataclasses import dataclass
from typing import Any

from le_utils.constants import completion_criteria, exercises

from chalicelib.domain.types import NodeData

MASTERY_MODELS = frozenset(model for model, _ in exercises.MASTERY_MODELS)

# Models whose numbers are part of their meaning, whatever the node says.
FIXED_COUNTS = {
    exercises.NUM_CORRECT_IN_A_ROW_2: 2,
    exercises.NUM_CORRECT_IN_A_ROW_3: 3,
    exercises.NUM_CORRECT_IN_A_ROW_5: 5,
    exercises.NUM_CORRECT_IN_A_ROW_10: 10,
    exercises.SKILL_CHECK: 1,
}
DEFAULT_MOST = 5  # "m of n" without numbers: all questions, five at most


@dataclass(frozen=True)
class ExerciseSettings:
    """What a node says of its exercise; `m` and `n` are None where it gives no positive number."""

    mastery_model: str
    m: int | None
    n: int | None
    randomize: bool


def exercise_settings(node: NodeData) -> ExerciseSettings:
    """Read both forms. Mastery criteria win over the legacy keys; an absent or unknown model is "m of n"."""
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
    """The content database's `mastery_model`: `{"type", "n", "m"}`, where m of the last n answers must be right.

    `do_all`, quizzes and tests count every question, "N in a row" is N of N. "m of n" takes the node's numbers,
    one of them for both if the other is missing, and never asks for more right answers than answers.
    """
    settings = exercise_settings(node)
    questions = max(question_count, 1)
    if settings.mastery_model == exercises.M_OF_N:
        n = settings.n or settings.m or min(DEFAULT_MOST, questions)
        m = min(settings.m or n, n)
    else:
        m = n = FIXED_COUNTS.get(settings.mastery_model, questions)
    return {"type": settings.mastery_model, "n": n, "m": m}


def randomize(node: NodeData) -> bool:
    """Whether the exercise's questions come in random order; they do unless the node says no."""
    return exercise_settings(node).randomize


def _mastery_threshold(fields: dict[str, Any]) -> dict[str, Any]:
    criteria = _mapping(_mapping(fields.get("options")).get("completion_criteria"))
    is_mastery = criteria.get("model") == completion_criteria.MASTERY
    return _mapping(criteria.get("threshold")) if is_mastery else {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _positive(value: object) -> int | None:
    """ricecooker sends numbers as numbers or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None
