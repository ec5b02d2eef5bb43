"""Conversion of questions to Perseus items, the JSON that Kolibri's exercise viewer renders.

Widgets, answer areas and versions are those of the exercise archives that Kolibri Studio publishes.
"""

import re
from collections.abc import Callable
from typing import Any

from le_utils.constants import exercises, format_presets

from chalicelib.domain.exercises import perseus_json, questions
from chalicelib.domain.exercises.numbers import parse_number
from chalicelib.domain.types import AssessmentItemData, FileData
from chalicelib.export.exercise_rows import in_order, text_of
from chalicelib.export.perseus_images import ArchiveImages, Sizes, graphie_name, localise_graphies

_RADIO = "radio 1"
_NUMERIC_INPUT = "numeric-input 1"
_ANSWER_FORMS = ["proper", "mixed", "integer", "decimal", "improper"]
_ITEM_VERSION = {"major": 0, "minor": 1}

# Authors write formulas as $$x$$; Perseus expects $x$.
_FORMULA = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


class InvalidPerseusItem(ValueError):
    """A question cannot be converted to a Perseus item; the message contains its assessment id."""

    def __init__(self, assessment_id: str, reason: str) -> None:
        super().__init__(f"Question {assessment_id}: {reason}")
        self.assessment_id = assessment_id


def perseus_item(item: AssessmentItemData, images: ArchiveImages) -> dict[str, Any]:
    """Convert a question to a Perseus item and add its images to `images`.

    Raises InvalidPerseusItem for raw data that is not a JSON object and for damaged graphies, and KeyError for a type
    that is not in `CONVERTERS`.
    """
    for file in attached_files(item):
        try:
            images.attach(file)
        except ValueError as error:
            raise InvalidPerseusItem(item["assessment_id"], str(error)) from error
    return CONVERTERS[item["type"]](item, images)


def texts(item: AssessmentItemData) -> list[str]:
    """All texts of a question that may reference stored files. Raises InvalidPerseusItem."""
    if item["type"] == exercises.PERSEUS_QUESTION:
        return perseus_json.strings(_raw_item(item))
    return [
        text_of(item["question"]),
        *(text_of(answer.get("answer")) for answer in item["answers"]),
        *(text_of(hint.get("hint")) for hint in item["hints"]),
    ]


def attached_files(item: AssessmentItemData) -> list[FileData]:
    """The files of a question that are always added to the archive: graphies, and images of raw data."""
    presets = {format_presets.EXERCISE_GRAPHIE}
    if item["type"] == exercises.PERSEUS_QUESTION:
        presets.add(format_presets.EXERCISE_IMAGE)
    files = [file for file in item["files"] if file["preset"] in presets]
    return sorted(files, key=lambda file: (file["checksum"], file["original_filename"]))


def _raw(item: AssessmentItemData, images: ArchiveImages) -> dict[str, Any]:
    graphies = {graphie_name(file) for file in attached_files(item)}

    def localise(text: str) -> str:
        return localise_graphies(images.localise(text)[0], graphies)

    localised: dict[str, Any] = perseus_json.mapped(_raw_item(item), localise)
    return localised


def _selection(item: AssessmentItemData, images: ArchiveImages) -> dict[str, Any]:
    options = {
        "choices": [
            {"correct": bool(answer.get("correct")), **_content(answer["answer"], images)}
            for answer in in_order(item["answers"])
            if text_of(answer.get("answer")).strip()
        ],
        "randomize": bool(item["randomize"]),
        "multipleSelect": item["type"] == exercises.MULTIPLE_SELECTION,
        "displayCount": None,
        "hasNoneOfTheAbove": False,
        "onePerLine": True,
        "deselectEnabled": False,
    }
    widget = {"type": "radio", "graded": True, "options": options, "version": {"major": 1, "minor": 0}}
    answer_area = {
        "type": "multiple",
        "options": {"content": "", "images": {}, "widgets": {}},
        "calculator": False,
        "periodicTable": False,
    }
    return _item(item, images, {_RADIO: widget}, answer_area)


def _input(item: AssessmentItemData, images: ArchiveImages) -> dict[str, Any]:
    values = ((answer, parse_number(answer.get("answer"))) for answer in in_order(item["answers"]))
    widget = {
        "type": "numeric-input",
        "alignment": "default",
        "static": False,
        "graded": True,
        "options": {
            "static": False,
            "answers": [_numeric_answer(answer, value) for answer, value in values if value is not None],
            "size": "normal",
            "coefficient": False,
            "labelText": "",
        },
        "version": {"major": 0, "minor": 0},
    }
    tools = ("calculator", "chi2Table", "periodicTable", "tTable", "zTable")
    return _item(item, images, {_NUMERIC_INPUT: widget}, dict.fromkeys(tools, False))


def _numeric_answer(answer: dict[str, Any], value: float) -> dict[str, Any]:
    return {
        "value": value,
        "status": "correct" if answer.get("correct", True) else "wrong",
        "message": "",
        "strict": False,
        "simplify": True,
        "maxError": 0,
        "answerForms": _ANSWER_FORMS,
    }


def _item(
    item: AssessmentItemData, images: ArchiveImages, widgets: dict[str, Any], answer_area: dict[str, Any]
) -> dict[str, Any]:
    question = _content(item["question"], images)
    question["content"] += "".join(f"\n\n[[☃ {name}]]" for name in widgets)
    return {
        "question": {**question, "widgets": widgets},
        "answerArea": answer_area,
        "itemDataVersion": _ITEM_VERSION,
        "hints": [
            {"widgets": {}, **_content(hint.get("hint"), images), "replace": False} for hint in in_order(item["hints"])
        ],
    }


def _content(value: object, images: ArchiveImages) -> dict[str, Any]:
    sizes: Sizes
    text, sizes = images.localise(_FORMULA.sub(r"$\1$", text_of(value)))
    return {"content": text, "images": sizes}


def _raw_item(item: AssessmentItemData) -> dict[str, Any]:
    try:
        return perseus_json.parse(item["raw_data"])
    except perseus_json.InvalidPerseus as error:
        raise InvalidPerseusItem(item["assessment_id"], f"its raw data {error}") from error


CONVERTERS: dict[str, Callable[[AssessmentItemData, ArchiveImages], dict[str, Any]]] = {
    exercises.SINGLE_SELECTION: _selection,
    questions.TRUE_FALSE: _selection,
    exercises.MULTIPLE_SELECTION: _selection,
    exercises.INPUT_QUESTION: _input,
    exercises.PERSEUS_QUESTION: _raw,
}
