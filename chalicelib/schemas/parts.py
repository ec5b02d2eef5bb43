"""Field types shared by files and questions: ids of nodes, and of questions as `contentnode,assessment_id`.

A list of question ids is separated by commas as well: node, question, node, question.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.domain.ids import parse_id
from chalicelib.schemas.base import PlainId, refuse
from chalicelib.schemas.query import parts

QuestionKey = tuple[str, str]  # (id of the node, assessment_id)


def question_key(value: str) -> QuestionKey | None:
    """Parse `contentnode,assessment_id`; None if the text is not a question id."""
    ids = [parse_id(part.strip()) for part in value.split(",")]
    return (ids[0], ids[1]) if len(ids) == 2 and ids[0] and ids[1] else None


def _key(value: Any) -> QuestionKey | None:
    text = ",".join(map(str, value)) if isinstance(value, list) and len(value) == 2 else value
    if text is None:
        return None
    key = question_key(text) if isinstance(text, str) else None
    if key is None:
        raise refuse("This must be the id of a question: <contentnode>,<assessment_id>.")
    return key


def _ids(value: str) -> tuple[str, ...]:
    ids = [parse_id(part.strip()) for part in parts(value)]
    if None in ids:
        raise refuse("These must be ids of 32 hex digits, separated by commas.")
    return tuple(dict.fromkeys(id for id in ids if id))


def _keys(value: str) -> tuple[QuestionKey, ...]:
    ids = value.split(",")
    keys = [question_key(",".join(ids[at : at + 2])) for at in range(0, len(ids), 2)]
    if None in keys:
        raise refuse("These must be ids of questions, separated by commas: <contentnode>,<assessment_id>,….")
    return tuple(dict.fromkeys(key for key in keys if key))


Ids = Annotated[tuple[str, ...], BeforeValidator(_ids, json_schema_input_type=list[PlainId])]
QuestionKeys = Annotated[tuple[QuestionKey, ...], BeforeValidator(_keys, json_schema_input_type=list[PlainId])]
_Key = Annotated[str, Field(pattern="^[0-9a-f]{32},[0-9a-f]{32}$")]
Question = Annotated[QuestionKey | None, BeforeValidator(_key, json_schema_input_type=_Key | None)]
