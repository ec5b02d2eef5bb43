"""Request bodies and query parameters of the assessmentitem resource."""

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter

from chalicelib.domain import jsontext
from chalicelib.domain.exercises.questions import MAX_RAW_DATA
from chalicelib.schemas.base import BlankText, Id, Schema, Text, refuse
from chalicelib.schemas.constants import QuestionType
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.parts import Ids

MAX_ROWS = 200  # answers or hints per question
MAX_TEXT = 100_000  # characters of a question, an answer or a hint


class QuestionQuery(ListQuery):
    """`GET /api/assessmentitem`."""

    contentnode: Ids = ()
    contentnode__in: Ids = ()


def _rows(value: Any) -> Any:
    """Parse a list, or the JSON text of one (clients send both); null and "" mean an empty list."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = jsontext.loads(value)
        except ValueError as error:
            raise refuse(f"This must be valid JSON: {error}") from error
    return value


def _in_order(rows: list[Any]) -> list[dict[str, Any]]:
    """Convert rows to stored data, sorted by `order`; rows without one come last, in the sequence sent."""
    data = [row.model_dump() for row in rows]
    data.sort(key=lambda row: float("inf") if row["order"] is None else row["order"])
    return [{**row, "order": index if row["order"] is None else row["order"]} for index, row in enumerate(data)]


_Text = Annotated[BlankText, Field(max_length=MAX_TEXT)]


def _answer(value: Any) -> Any:
    """Check an answer here, as pydantic would report three errors for it, one for each type."""
    if isinstance(value, str | None):
        return _text().validate_python(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("This must be a text or a number.")
    return value


@cache
def _text() -> TypeAdapter[str]:
    return TypeAdapter(_Text)


class AnswerIn(Schema):
    answer: Annotated[str | int | float, BeforeValidator(_answer, json_schema_input_type=_Text | int | float)]
    correct: bool = False
    order: int | None = None


class HintIn(Schema):
    hint: _Text
    order: int | None = None


_MAX, _ORDERED = Field(max_length=MAX_ROWS), AfterValidator(_in_order)
_Answers = list[AnswerIn] | str | None
_Hints = list[HintIn] | str | None
Answers = Annotated[list[AnswerIn], _MAX, BeforeValidator(_rows, json_schema_input_type=_Answers), _ORDERED]
Hints = Annotated[list[HintIn], _MAX, BeforeValidator(_rows, json_schema_input_type=_Hints), _ORDERED]


class QuestionChanges(Schema):
    """`PATCH /api/assessmentitem/{id}`: missing fields are left unchanged; `"deleted": true` deletes the question."""

    contentnode: Id | None = None
    assessment_id: Id | None = None
    type: QuestionType = "single_selection"
    question: _Text = ""
    answers: Answers = Field(default_factory=list)
    hints: Hints = Field(default_factory=list)
    raw_data: Annotated[BlankText, Field(max_length=MAX_RAW_DATA)] = ""
    order: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    source_url: Annotated[Text, Field(max_length=400)] | None = None
    randomize: bool = False
    deleted: bool = False


class QuestionWrite(QuestionChanges):
    """`POST /api/assessmentitem` and `PUT /api/assessmentitem/{id}`.

    A new question without `assessment_id` gets one, and without `order` is put last. An existing question keeps its
    `order` when none is given.
    """

    contentnode: Id
    type: QuestionType
