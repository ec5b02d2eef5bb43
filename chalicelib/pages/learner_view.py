"""Questions as a learner reads them: formatted texts, formulas as MathML, pictures, answers and hints.

Texts are converted as for publishing (`export.qti_text`): no HTML of users remains, and links become text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, tostring

from le_utils.constants import exercises
from markupsafe import Markup

from chalicelib.domain.exercises import perseus_json, qti_xml
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.export import qti_text
from chalicelib.schemas.responses.content import Question

NAMES = {
    exercises.MULTIPLE_SELECTION: "Choose all that apply",
    exercises.SINGLE_SELECTION: "Choose one",
    "true_false": "True or false",
    exercises.INPUT_QUESTION: "Enter a number",
    exercises.FREE_RESPONSE: "Answer in your own words",
    exercises.PERSEUS_QUESTION: "Perseus item",
    exercises.QTI: "QTI item",
}
MAX_PICTURES = 100  # of a raw item
MAX_TEXTS = 100_000  # characters of a question that a page shows; of longer ones, only the type
_PICTURES = (".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp")
_WIDGET = re.compile(r"\[\[☃ [^\[\]]*\]\]")
_FORMULA = re.compile(r"(?<![\\$])\$(?!\{☣)([^$\n]{1,300})\$(?!\{☣|\$)")  # not the place of stored pictures


class Answer(NamedTuple):
    """An answer, and whether it is right."""

    text: Markup
    is_correct: bool


class Shown(NamedTuple):
    """A question. `is_partial`: Kolibri shows more than this page."""

    kind: str
    text: Markup
    answers: list[Answer]
    hints: list[Markup]
    pictures: list[str]
    is_partial: bool
    is_choice: bool


def of(question: Question) -> Shown:
    """A question as a page shows it; what cannot be read in raw items is left out."""
    kind = question["type"]
    if kind == exercises.PERSEUS_QUESTION:
        return _perseus(question["raw_data"])
    if kind == exercises.QTI:
        return _qti(question["raw_data"])
    answers = [(str(row.get("answer", "")), bool(row.get("correct"))) for row in _rows(question["answers"])]
    hints = [str(row.get("hint", "")) for row in _rows(question["hints"])]
    is_choice = kind != exercises.INPUT_QUESTION
    return _shown(NAMES.get(kind, kind), question["question"], answers, hints, is_partial=False, is_choice=is_choice)


def _shown(
    kind: str, text: str, answers: list[tuple[str, bool]], hints: list[str], is_partial: bool, is_choice: bool = True
) -> Shown:
    """A question of these texts; without formats if all together are long, and without texts if they are too long."""
    length = sum(map(len, (text, *(answer for answer, _ in answers), *hints))) + len(answers) + len(hints)
    if length > MAX_TEXTS:
        return Shown(kind, Markup(), [], [], [], True, is_choice)
    form = _unformatted if length > qti_text.MAX_FORMATTED_LENGTH else _formatted
    shown = [Answer(form(answer), is_correct) for answer, is_correct in answers]
    return Shown(kind, form(text), shown, [form(hint) for hint in hints], [], is_partial, is_choice)


def length(question: Shown) -> int:
    """The characters of a question in a page."""
    return sum(map(len, (question.text, *(answer.text for answer in question.answers), *question.hints)))


def _rows(text: str) -> list[dict[str, Any]]:
    """The answers or hints of a question, in their order."""
    rows = _objects(json.loads(text or "[]"))
    return sorted(rows, key=lambda row: row["order"] if isinstance(row.get("order"), int) else 0)


def _objects(found: object) -> list[dict[str, Any]]:
    """The objects of a list; none if it is something else, as items of chefs may have."""
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _perseus(raw: str) -> Shown:
    item = _parsed(raw)
    found = item.get("question")
    question: dict[str, Any] = found if isinstance(found, dict) else {}
    options = _options(question.get("widgets"))
    answers = [(_of_perseus(option.get("content")), bool(option.get("correct"))) for option in options]
    hints = [_of_perseus(hint.get("content")) for hint in _objects(item.get("hints"))]
    text = _of_perseus(question.get("content"))
    return _shown(NAMES[exercises.PERSEUS_QUESTION], text, answers, hints, is_partial=True)


def _parsed(raw: str) -> dict[str, Any]:
    try:
        return perseus_json.parse(raw)
    except perseus_json.InvalidPerseus:
        return {}


def _options(widgets: object) -> Iterable[dict[str, Any]]:
    """The choices of an item's widgets."""
    for widget in widgets.values() if isinstance(widgets, dict) else ():
        options = widget.get("options") if isinstance(widget, dict) else None
        yield from _objects(options.get("choices") if isinstance(options, dict) else None)


def _of_perseus(text: object) -> str:
    """A text of Perseus without the places of widgets."""
    return _WIDGET.sub("", text) if isinstance(text, str) else ""


def _qti(raw: str) -> Shown:
    try:
        root = qti_xml.parse(raw)
    except qti_xml.InvalidQti:
        return Shown(NAMES[exercises.QTI], Markup(), [], [], [], True, True)
    body = root.find(qti_xml.BODY)
    assert body is not None  # it was parsed
    lines = list(_first(" ".join(text.split()) for text in body.itertext()))
    text = Markup("").join(_serialised(part) for line in lines for part in qti_text.unformatted(line))
    pictures = [_address(name) for name in qti_xml.stored_names(raw) if name.endswith(_PICTURES)][:MAX_PICTURES]
    return Shown(NAMES[exercises.QTI], text, [], [], pictures, True, True)


def _first(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are not blank, as many as MAX_TEXTS characters allow."""
    left = MAX_TEXTS
    for line in filter(None, lines):
        left -= len(line) + 1
        if left < 0:
            return
        yield line


def _formatted(text: str) -> Markup:
    """Formulas are between two dollars or, as Kolibri shows them too, between single ones."""
    return Markup("").join(map(_serialised, qti_text.blocks(_FORMULA.sub(r"$$\1$$", text))))


def _unformatted(text: str) -> Markup:
    return Markup("").join(map(_serialised, qti_text.unformatted(text)))


def _serialised(block: Element) -> Markup:
    """A block as HTML, with the pictures of this host."""
    for picture in block.iter("img"):
        name = picture.get("src", "").removeprefix(f"{qti_text.FOLDER}/").partition("#")[0]
        picture.set("src", _address(name))
        picture.set("loading", "lazy")
    return Markup(tostring(block, encoding="unicode", method="html"))  # noqa: S704 (made by qti_text, which escapes)


def _address(name: str) -> str:
    parts = split_filename(name)
    return f"/{storage_key(*parts)}" if parts else ""
