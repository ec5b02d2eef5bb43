"""Why a node is incomplete. A node is complete, which it must be to be published, if there is no reason."""

from collections.abc import Iterator
from typing import Any

from le_utils.constants import content_kinds, exercises, format_presets, licenses

from chalicelib.domain.exercises import criteria, questions
from chalicelib.domain.exercises.numbers import parse_number
from chalicelib.domain.types import AssessmentItemData, NodeData, Reason

MAX_QUESTIONS = 10  # questions named in the reasons of an exercise
MAX_SENTENCE = 300  # characters

_LICENSES = {license.name: license for license in licenses.LICENSELIST}
_SUPPLEMENTARY = {preset.id for preset in format_presets.PRESETLIST if preset.supplementary}
_ANY_ANSWERS = frozenset({exercises.INPUT_QUESTION, exercises.FREE_RESPONSE})
_SENTENCES = {
    "title": "It has no title. Give it one.",
    "license": "It has no licence. Choose one.",
    "license_description": "Its licence is not described. A custom licence needs a license_description.",
    "copyright_holder": "Its licence requires a copyright holder. Name one.",
    "files": "It has no file that learners can open. Upload one.",
    "completion_criteria": "Its completion criterion is not valid for its kind. Change or remove it.",
    "mastery": "It has no mastery criterion. Set one in its completion criteria.",
    "questions": "It has no question that can be answered. Add one with a text and a correct answer.",
}


def incomplete_reasons(node: NodeData, items: list[AssessmentItemData]) -> list[Reason]:
    """The reasons why a node with these questions is incomplete; none if it has everything that its kind requires.

    The root of a tree requires no title. In questions whose raw data is stored separately, `raw_data_problem` counts.
    """
    return [*map(_reason, _faults(node)), *(_question_reasons(items) if _is_exercise(node) else ())]


def stored_reasons(node: NodeData) -> list[Reason]:
    """The reasons stored on an incomplete node; if there are none, those that are known without its questions."""
    known = [_reason(code) for code in _faults(node)]
    return node.get("incomplete_reasons") or known or ([_reason("questions")] if _is_exercise(node) else [])


def first_sentence(node: NodeData) -> str:
    """The sentence of the first of `stored_reasons`."""
    return next((reason["sentence"] for reason in stored_reasons(node)), "It is incomplete.")


def unusable_answers(items: list[AssessmentItemData]) -> list[Reason]:
    """The reasons for input questions that have answers of which none is a number."""
    return [
        {"code": "answers", "sentence": _about(item, "none of its answers is a number. Correct one, or remove them.")}
        for item in items
        if item["type"] == exercises.INPUT_QUESTION and not _has_number(item)
    ]


def _reason(code: str) -> Reason:
    return {"code": code, "sentence": _SENTENCES[code]}


def _faults(node: NodeData) -> Iterator[str]:
    if node["parent_id"] is not None and not node["title"].strip():
        yield "title"
    if node["kind"] == content_kinds.TOPIC:
        return
    yield from _license_faults(node)
    if not criteria.is_allowed_for_kind(node["kind"], node["extra_fields"]):
        yield "completion_criteria"
    if _is_exercise(node):
        if not criteria.has_mastery(node["extra_fields"]):
            yield "mastery"
    elif all(file["preset"] in _SUPPLEMENTARY for file in node["files"]):
        yield "files"


def _license_faults(node: NodeData) -> Iterator[str]:
    license: Any = _LICENSES.get(node["license"] or "")
    if license is None:
        yield "license"
        return
    if license.custom and not (node["license_description"] or "").strip():
        yield "license_description"
    if license.copyright_holder_required and not node["copyright_holder"].strip():
        yield "copyright_holder"


def _is_exercise(node: NodeData) -> bool:
    return bool(node["kind"] == content_kinds.EXERCISE)


def _question_reasons(items: list[AssessmentItemData]) -> list[Reason]:
    damaged: list[Reason] = [
        {"code": "raw_data", "sentence": _about(item, f"its raw data {problem}")}
        for item in items
        if (problem := questions.raw_data_problem(item))
    ]
    found = [*damaged, *unusable_answers(items)][:MAX_QUESTIONS]
    return found if found or any(map(_is_answerable, items)) else [_reason("questions")]


def _about(item: AssessmentItemData, sentence: str) -> str:
    return f"Question {item['assessment_id']}: {sentence}"[:MAX_SENTENCE]


def _has_number(item: AssessmentItemData) -> bool:
    """Whether one of the answers is a number, or there are none. Blank answers are not published."""
    answers = [answer.get("answer") for answer in item["answers"]]
    given = [answer for answer in answers if str("" if answer is None else answer).strip()]
    return not given or any(parse_number(answer) is not None for answer in given)


def _is_answerable(item: AssessmentItemData) -> bool:
    if item["type"] in questions.RAW_TYPES:
        return True
    has_answer: bool = item["type"] in _ANY_ANSWERS or any(answer.get("correct") for answer in item["answers"])
    return has_answer and bool(item["question"].strip())
