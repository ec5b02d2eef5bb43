"""Conversion of questions to QTI items."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants import exercises

from chalicelib.export.markup import document
from chalicelib.export.qti_items import InvalidQtiItem, qti_item
from chalicelib.export.qti_text import MAX_FORMATTED_LENGTH
from tests.export.perseus_builders import make_item, stored
from tests.export.qti_builders import MATH, QTI, Item, make_raw, q, qti_id
from tests.support.existing import existing

RECORDED = json.loads((Path(__file__).parents[1] / "fixtures" / "qti" / "recorded.json").read_text(encoding="utf-8"))
TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"
RED = "5f61f4e642fb5da965c02573ceef65c8.png"
NAME = f"{'a1' * 16}.png"
TEXTS = [exercises.INPUT_QUESTION, exercises.FREE_RESPONSE]

QUESTIONS = {
    "single_selection": make_item(
        f"Which is even? ![red]({stored(RED)})",
        [("1", False), ("2", True), ("3", False)],
        ["It ends in 0,2,4,6,8", "Second hint"],
        assessment_id="b84a871a23a15a5f86eb9d42e92bcdd3",
        randomize=True,
    ),
    "multiple_selection": make_item(
        "Select primes $x^2$ ∑",
        [("2", True), ("3", True), ("4", False), ("5", True)],
        ["One hint"],
        kind=exercises.MULTIPLE_SELECTION,
        assessment_id="0541954de64059e394413eace3f1e98d",
    ),
}


def convert(item, language="en"):
    return Item(ElementTree.fromstring(document(qti_item(item, language))), "items/i.xml", [])


def template(item):
    found = item.root.find(q("response-processing"))
    return None if found is None else found.get("template").removeprefix(TEMPLATES)


def declared(item):
    [declaration] = item.root.findall(q("response-declaration"))
    return declaration.get("cardinality"), declaration.get("base-type")


def tree(element):
    """An element as nested data, without the locations of its schema and images."""
    attributes = {
        name: value.removeprefix("images/") for name, value in element.attrib.items() if "}schema" not in name
    }
    return element.tag, attributes, (element.text or "").strip(), [tree(child) for child in element]


@pytest.mark.parametrize("name", QUESTIONS)
def test_items_equal_recorded_ones(name):
    assert tree(convert(QUESTIONS[name]).root) == tree(ElementTree.fromstring(RECORDED[name]))


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_raw_data_is_unchanged(name):
    item = make_raw() | {"raw_data": RECORDED[name], "assessment_id": QUESTIONS[name]["assessment_id"]}
    assert tree(convert(item).root) == tree(ElementTree.fromstring(RECORDED[name]))


class TestSelection:
    def test_single_with_several_correct_answers_accepts_each_of_them(self):
        item = convert(make_item(answers=[("A", True), ("B", False), ("C", True)]))
        assert (declared(item), template(item)) == (("single", "identifier"), "map_response")
        assert item.right() == ["A", "C"]
        assert len(item.correct()) == 1  # more would not be a single response

    def test_multiple_with_one_choice_remains_multiple(self):
        item = convert(make_item(answers=[("A", True)], kind=exercises.MULTIPLE_SELECTION))
        [interaction] = item.all("qti-choice-interaction")
        assert interaction.get("max-choices") == "0"

    def test_without_a_correct_answer_has_none(self):
        item = convert(make_item(answers=[("A", False)]))
        assert (item.correct(), template(item)) == ([], "match_correct")

    def test_leaves_out_blank_choices(self):
        answers = [("", True), (" ", False), (None, False), (0, True), (1.5, False)]
        item = convert(make_item(answers=answers))
        assert ["".join(choice.itertext()) for choice in item.all("qti-simple-choice")] == ["0", "1.5"]
        assert item.right() == ["0"]

    def test_without_choices_is_only_text(self):
        item = convert(make_item("Well?", []))
        assert item.all("qti-choice-interaction") == []
        assert item.text() == "Well?"

    def test_of_true_or_false_has_two_choices(self):
        item = convert(make_item("It is.", [("True", True), ("False", False)]))
        assert (declared(item), item.right()) == (("single", "identifier"), ["True"])

    def test_shows_answers_and_hints_in_order(self):
        sent = make_item(answers=[("B", True), ("A", False)], hints=["second", "", "first"])
        sent["answers"][0]["order"], sent["hints"][0]["order"] = 5, 5
        item = convert(sent)
        assert ["".join(choice.itertext()) for choice in item.all("qti-simple-choice")] == ["A", "B"]
        assert item.hints() == ["first", "second"]


class TestTexts:
    @pytest.mark.parametrize(
        ("answers", "base_type", "expected", "judged"),
        [
            ([("2", True)], "float", ["2"], "match_correct"),
            ([("2", True), ("2.0", True)], "float", ["2"], "match_correct"),
            ([("0.5", True), ("-1,000", True), (3, True)], "float", ["0.5", "-1000", "3"], "map_response"),
            ([("1e300", True)], "float", ["1e+300"], "match_correct"),
            ([("2", True), ("3", False)], "float", ["2"], "match_correct"),
            ([("two", True), ("2", True)], "string", ["two", "2"], "map_response"),
            ([(" a\x01b ", True)], "string", ["ab"], "match_correct"),
            ([], "float", [], "match_correct"),
        ],
    )
    def test_of_input_questions_are_compared_with_all_correct_answers(self, answers, base_type, expected, judged):
        item = convert(make_item("How much?", answers, kind=exercises.INPUT_QUESTION))
        assert (declared(item), template(item)) == (("single", base_type), judged)
        assert item.correct() == expected[:1]
        mapped = [entry.get("map-key") for entry in item.all("qti-map-entry")]
        assert mapped == (expected if judged == "map_response" else [])

    def test_of_free_responses_are_not_scored(self):
        item = convert(make_item("Why?", [("because", True)], ["h"], kind=exercises.FREE_RESPONSE))
        assert (declared(item), template(item), item.correct()) == (("single", "string"), None, [])
        assert item.root.find(q("outcome-declaration")).get("external-scored") == "human"
        assert item.hints() == ["h"]

    @pytest.mark.parametrize("kind", TEXTS)
    def test_are_entered_in_a_field_at_the_end_of_its_paragraph(self, kind):
        """HTML does not know QTI's empty elements, so anything after the field would be inside it."""
        item = convert(make_item("Why?", [], kind=kind))
        paragraph = item.body[-1]
        assert (paragraph.tag, [child.tag for child in paragraph]) == (
            f"{QTI}p",
            [f"{QTI}qti-text-entry-interaction"],
        )
        assert item.text() == "Why?"


class TestRawData:
    def test_gets_the_identifier_of_the_question(self):
        root = convert(make_raw(number=7)).root
        assert root.get("identifier") == qti_id(f"{7:032x}")

    def test_is_otherwise_unchanged(self):
        root = convert(make_raw(title="T", adaptive="true", label="l")).root
        assert (root.get("title"), root.get("adaptive"), root.get("label")) == ("T", "true", "l")
        assert root.get("time-dependent") == "false"  # required by QTI

    def test_references_images_next_to_the_item(self):
        assert convert(make_raw(f'<p><img src="{NAME}" alt="a"/></p>')).images() == [f"items/images/{NAME}"]

    def test_loses_prefixes_and_comments(self):
        text = make_raw(
            f'<m:math xmlns:m="{MATH.strip("{}")}"><m:mi>x</m:mi></m:math><!-- c --><p xml:lang="fr" a:b="c">y</p>',
            **{"xmlns:a": "urn:a"},
        )
        xml = document(qti_item(text, "en")).decode()
        assert f'<math xmlns="{MATH.strip("{}")}"><mi>x</mi></math><p xml:lang="fr"' in xml
        assert existing(ElementTree.fromstring(xml).find(f".//{QTI}p")).attrib["{urn:a}b"] == "c"

    @pytest.mark.parametrize("raw", ["", "<p>", "<!DOCTYPE q><p/>", "<qti/>"])
    def test_that_is_not_an_item_is_rejected_with_its_id(self, raw):
        with pytest.raises(InvalidQtiItem, match=f"Question {1:032x}: its raw data "):
            qti_item(make_raw() | {"raw_data": raw}, None)


def test_language_is_set_if_known():
    attribute = "{http://www.w3.org/XML/1998/namespace}lang"
    assert convert(make_item(), "fr").root.get(attribute) == "fr"
    assert attribute not in convert(make_item(), None).root.attrib


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)  # including lone surrogates
kinds = st.sampled_from([exercises.SINGLE_SELECTION, exercises.MULTIPLE_SELECTION, *TEXTS])


@settings(max_examples=100, deadline=None)
@given(kinds, any_text, st.lists(st.tuples(any_text | st.floats(), st.booleans()), max_size=4), st.lists(any_text))
def test_any_question_becomes_well_formed_xml(kind, question, answers, hints):
    item = convert(make_item(question, answers, hints, kind=kind))
    cardinality, _ = declared(item)
    assert cardinality == "multiple" or len(item.correct()) <= 1
    assert len(item.all("qti-text-entry-interaction")) == (kind in TEXTS)


words = st.text(st.characters(categories=["L"]), min_size=1, max_size=9)
choices = st.lists(st.tuples(words, st.booleans()), min_size=1, max_size=6, unique_by=lambda answer: answer[0])


@settings(max_examples=100, deadline=None)
@given(choices, st.sampled_from([exercises.SINGLE_SELECTION, exercises.MULTIPLE_SELECTION]))
def test_correct_choices_are_the_correct_answers(answers, kind):
    item = convert(make_item(answers=answers, kind=kind))
    assert item.right() == [text for text, correct in answers if correct]


@pytest.mark.parametrize("kind", [exercises.SINGLE_SELECTION, *TEXTS])
def test_long_questions_are_not_formatted(kind):
    """Formatting takes much longer than anything else, for each character."""
    for length, formatted in ((MAX_FORMATTED_LENGTH, True), (MAX_FORMATTED_LENGTH + 1, False)):
        made = make_item("*q*", [("*a*", True)], ["*h*" + "h" * (length - 9)], kind=kind)
        written = document(qti_item(made, "en")).decode()
        assert ("<em>q</em>" in written, "<em>h</em>" in written) == (formatted, formatted)
        assert ("*q*" in written, "*h*" in written) == (not formatted, not formatted)
