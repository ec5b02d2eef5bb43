"""Conversion of questions to QTI 3.0 items, the XML that Kolibri's QTI viewer renders.

The items have the form that Kolibri Studio publishes. Free responses are text-entry interactions too, as Kolibri 0.19
supports no other text field.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from le_utils.constants import exercises

from chalicelib.domain.exercises import qti_xml, questions
from chalicelib.domain.exercises.numbers import parse_number
from chalicelib.domain.types import AssessmentItemData
from chalicelib.export.exercise_rows import in_order, text_of
from chalicelib.export.markup import element, plain
from chalicelib.export.qti_text import FOLDER, MAX_FORMATTED_LENGTH, blocks, unformatted

RESPONSE = "RESPONSE"

_TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates"
_TOOL = {"tool-name": "kolibri", "tool-version": "0.1"}
_TEXT_FIELD = {"response-identifier": RESPONSE, "expected-length": "50"}
_INTEGERS = 1e15  # floats represent all smaller whole numbers exactly

_Parts = list[Element]
_Blocks = Callable[[str], _Parts]  # converts a text to block elements


class InvalidQtiItem(ValueError):
    """The raw data of a question is not a QTI item; the message contains its assessment id."""

    def __init__(self, assessment_id: str, reason: str) -> None:
        super().__init__(f"Question {assessment_id}: its raw data {reason}")
        self.assessment_id = assessment_id


def qti_item(item: AssessmentItemData, language: str | None) -> Element:
    """Convert a question to a qti-assessment-item, which references images in `images/`.

    Raises InvalidQtiItem, and KeyError for a type that is not in `CONVERTERS`.
    """
    if item["type"] == exercises.QTI:
        return _raw(item)
    return assessment_item(item, language, CONVERTERS[item["type"]](item, _blocks_of(item)))


def _blocks_of(item: AssessmentItemData) -> _Blocks:
    length = len(text_of(item["question"]))
    length += sum(len(text_of(answer.get("answer"))) for answer in item["answers"])
    length += sum(len(text_of(hint.get("hint"))) for hint in item["hints"])
    return blocks if length <= MAX_FORMATTED_LENGTH else unformatted


def raw_item(item: AssessmentItemData) -> Element:
    """Parse a question's raw data and return the root element. Raises InvalidQtiItem."""
    try:
        return qti_xml.parse(item["raw_data"])
    except qti_xml.InvalidQti as error:
        raise InvalidQtiItem(item["assessment_id"], str(error)) from error


def assessment_item(item: AssessmentItemData, language: str | None, parts: _Parts) -> Element:
    """Create the item that contains declarations, body and response processing."""
    attributes = {
        "xmlns": qti_xml.NAMESPACE,
        "identifier": qti_xml.identifier(item["assessment_id"]),
        "title": item["assessment_id"],
        "adaptive": "false",
        "time-dependent": "false",
        **({"xml:lang": language} if language else {}),
        **_TOOL,
    }
    return element("qti-assessment-item", attributes, *parts)


def score(**attributes: str) -> Element:
    """The declaration of the score of an answer, 0 or 1."""
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    return element(
        "qti-outcome-declaration", {"identifier": "SCORE", "cardinality": "single", "base-type": "float", **given}
    )


def _raw(item: AssessmentItemData) -> Element:
    source = raw_item(item)
    qti_xml.localise(source, FOLDER)
    root = plain(source)
    root.set("identifier", qti_xml.identifier(item["assessment_id"]))
    for name, value in (("title", item["assessment_id"]), ("adaptive", "false"), ("time-dependent", "false")):
        root.attrib.setdefault(name, value)
    return root


def _selection(item: AssessmentItemData, blocks: _Blocks) -> _Parts:
    answers = [answer for answer in in_order(item["answers"]) if text_of(answer.get("answer")).strip()]
    choices = {f"choice_{number}": answer for number, answer in enumerate(answers)}
    correct = [name for name, answer in choices.items() if answer.get("correct")]
    several = item["type"] == exercises.MULTIPLE_SELECTION
    declaration, template = _response("multiple" if several else "single", "identifier", correct)
    attributes = {
        "response-identifier": RESPONSE,
        "shuffle": str(bool(item["randomize"])).lower(),
        # Kolibri treats a limit of one as a single selection and then cannot store the response. 0 means no limit.
        "max-choices": str(len(choices) if len(choices) > 1 else 0) if several else "1",
        "min-choices": "0",
        "orientation": "vertical",
    }
    prompt = [element("qti-prompt", None, *found)] if (found := blocks(text_of(item["question"]))) else []
    shown = [_choice(name, blocks(text_of(answer["answer"]))) for name, answer in choices.items()]
    # An interaction without choices is invalid in QTI.
    inner = [element("qti-choice-interaction", attributes, *prompt, *shown)] if shown else _prompt(item, blocks)
    return [declaration, score(), *_rest(item, inner, blocks), template]


def _choice(name: str, shown: _Parts) -> Element:
    attributes = {"identifier": name, "show-hide": "show", "fixed": "false"}
    return element("qti-simple-choice", attributes, *shown)


def _input(item: AssessmentItemData, blocks: _Blocks) -> _Parts:
    right = [answer.get("answer") for answer in in_order(item["answers"]) if answer.get("correct", True)]
    texts = [text for text in (text_of(answer).strip() for answer in right) if text]
    numbers = [number for number in map(parse_number, texts) if number is not None]
    if len(numbers) == len(texts):
        declaration, template = _response("single", "float", [_number(number) for number in numbers])
    else:
        declaration, template = _response("single", "string", texts)
    return [declaration, score(), *_rest(item, [*_prompt(item, blocks), _text_field()], blocks), template]


def _free_response(item: AssessmentItemData, blocks: _Blocks) -> _Parts:
    """Free responses are not scored automatically; coaches read them."""
    declaration = element("qti-response-declaration", _declared("single", "string"))
    body = [*_prompt(item, blocks), _text_field()]
    return [declaration, score(external_scored="human"), *_rest(item, body, blocks)]


def _response(cardinality: str, base_type: str, correct: list[str]) -> tuple[Element, Element]:
    """The declaration of the response and its processing.

    A response is compared with the correct one or, if any of several values is correct, looked up in a mapping.
    """
    correct = list(dict.fromkeys(correct))
    looked_up = cardinality == "single" and len(correct) > 1
    declaration = element("qti-response-declaration", _declared(cardinality, base_type))
    if correct:
        values = [element("qti-value", text=value) for value in (correct[:1] if looked_up else correct)]
        declaration.append(element("qti-correct-response", None, *values))
    if looked_up:
        entries = [element("qti-map-entry", {"map-key": value, "mapped-value": "1"}) for value in correct]
        declaration.append(element("qti-mapping", {"default-value": "0"}, *entries))
    template = "map_response" if looked_up else "match_correct"
    return declaration, element("qti-response-processing", {"template": f"{_TEMPLATES}/{template}"})


def _declared(cardinality: str, base_type: str) -> dict[str, str]:
    return {"identifier": RESPONSE, "cardinality": cardinality, "base-type": base_type}


def _prompt(item: AssessmentItemData, blocks: _Blocks) -> _Parts:
    found = blocks(text_of(item["question"]))
    return [element("div", None, *found)] if found else []


def _text_field() -> Element:
    # It must be last in its paragraph: in HTML, an empty QTI element ends only where its parent ends.
    return element("p", None, element("qti-text-entry-interaction", _TEXT_FIELD))


def _rest(item: AssessmentItemData, body: _Parts, blocks: _Blocks) -> _Parts:
    """The body, followed by the hints, if any, as cards of the catalog that Kolibri reads."""
    hints = [found for hint in in_order(item["hints"]) if (found := blocks(text_of(hint.get("hint"))))]
    cards = [
        element("qti-card", {"support": "ext:kolibri-hint"}, element("qti-html-content", None, *found))
        for found in hints
    ]
    catalog = element("qti-catalog-info", None, element("qti-catalog", {"id": "kolibri-hints"}, *cards))
    return [element("qti-item-body", None, *body), *([catalog] if cards else [])]


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < _INTEGERS else repr(value)


CONVERTERS: dict[str, Callable[[AssessmentItemData, _Blocks], _Parts]] = {
    exercises.SINGLE_SELECTION: _selection,
    questions.TRUE_FALSE: _selection,
    exercises.MULTIPLE_SELECTION: _selection,
    exercises.INPUT_QUESTION: _input,
    exercises.FREE_RESPONSE: _free_response,
}
