"""Exercises whose archives cannot be built. They are left out of a publish, which nothing else can help."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from chalicelib.domain.exercises.completion import unusable_answers
from chalicelib.domain.types import AssessmentItemData
from chalicelib.export.perseus_items import InvalidPerseusItem
from chalicelib.export.qti_items import InvalidQtiItem
from chalicelib.models import assessment_items
from chalicelib.telemetry import log

P = ParamSpec("P")
R = TypeVar("R")

UNEXPECTED = (
    "Its archive cannot be built because of an internal error. Report it to the operator, or change its questions."
)
# What Python raises for data that a function does not expect. Others, such as those of AWS and of memory, may not occur
# again, so the message of the publish is delivered again.
_OF_DATA = (ArithmeticError, AttributeError, LookupError, RecursionError, SyntaxError, TypeError, ValueError)


class Unbuildable(Exception):
    """The archive of an exercise cannot be built; the message is a sentence for its editors."""


def built(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a pure function of an exercise's data. Raises Unbuildable if it fails because of that data."""
    try:
        return function(*args, **kwargs)
    except (InvalidPerseusItem, InvalidQtiItem) as error:
        raise Unbuildable(str(error)) from error
    except _OF_DATA as error:
        log.exception("the archive of an exercise cannot be built")
        raise Unbuildable(UNEXPECTED) from error


def questions_of(exercise_id: str) -> list[AssessmentItemData] | Unbuildable:
    """Return the questions of an exercise, or why it cannot be published.

    Raw data is not parsed here: archives that were built before need not be built again.
    """
    items = assessment_items.of(exercise_id)
    reasons = unusable_answers(items)
    return Unbuildable(reasons[0]["sentence"]) if reasons else items
