"""Conversion of questions to Perseus items."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants import exercises, format_presets

from chalicelib.export.perseus_images import ArchiveImages
from chalicelib.export.perseus_items import InvalidPerseusItem, perseus_item
from tests.export.perseus_builders import (
    local,
    make_file,
    make_graphie,
    make_image,
    make_item,
    make_raw_item,
    md5,
    stored,
)

PICTURE = make_image()
NAME = f"{md5(PICTURE)}.png"


def convert(item, images=None):
    return perseus_item(item, images or ArchiveImages({NAME: PICTURE}))


def choices(item):
    return convert(item)["question"]["widgets"]["radio 1"]["options"]["choices"]


def numeric_answers(item):
    return convert(item)["question"]["widgets"]["numeric-input 1"]["options"]["answers"]


def test_single_selection_allows_one_choice():
    options = convert(make_item())["question"]["widgets"]["radio 1"]["options"]
    assert options["multipleSelect"] is False
    assert [(choice["content"], choice["correct"]) for choice in options["choices"]] == [("A", True), ("B", False)]


def test_multiple_selection_allows_several_choices():
    item = make_item(answers=[("A", True), ("B", True)], kind=exercises.MULTIPLE_SELECTION)
    options = convert(item)["question"]["widgets"]["radio 1"]["options"]
    assert options["multipleSelect"] is True
    assert [choice["correct"] for choice in options["choices"]] == [True, True]


def test_true_or_false_is_a_selection_of_two_choices():
    assert [c["content"] for c in choices(make_item("It is.", [("True", True), ("False", False)]))] == ["True", "False"]


@pytest.mark.parametrize("randomize", [True, False])
def test_choices_are_shuffled_if_the_question_is_randomized(randomize):
    options = convert(make_item(randomize=randomize))["question"]["widgets"]["radio 1"]["options"]
    assert options["randomize"] is randomize


def test_answers_and_hints_are_sorted():
    item = make_item(answers=[("B", True), ("A", False)], hints=["second", "first"])
    item["answers"][0]["order"], item["hints"][0]["order"] = 5, 5
    assert [choice["content"] for choice in choices(item)] == ["A", "B"]
    assert [hint["content"] for hint in convert(item)["hints"]] == ["first", "second"]


def test_blank_choices_are_left_out_but_zero_is_not_blank():
    item = make_item(answers=[("", False), (" ", False), (None, False), (0, True), (1.5, False)])
    assert [choice["content"] for choice in choices(item)] == ["0", "1.5"]


def test_input_answers_that_are_not_numbers_are_left_out():
    answers = [("2", True), ("two", True), ("1,000", True), ("1/2", True), (3, True), ("", True)]
    item = make_item(answers=answers, kind=exercises.INPUT_QUESTION)
    assert [answer["value"] for answer in numeric_answers(item)] == [2.0, 1000.0, 0.5, 3.0]


def test_wrong_input_answer_is_marked_as_wrong():
    item = make_item(answers=[("2", True), ("3", False)], kind=exercises.INPUT_QUESTION)
    assert [answer["status"] for answer in numeric_answers(item)] == ["correct", "wrong"]


def test_formulas_lose_their_second_dollar_sign():
    item = make_item("$$x^2$$ and $y$", [("$$\n1\n$$", True)], ["$$a$$ $$b$$"])
    converted = convert(item)
    assert converted["question"]["content"].startswith("$x^2$ and $y$\n\n")
    assert choices(item)[0]["content"] == "$\n1\n$"
    assert converted["hints"][0]["content"] == "$a$ $b$"


def test_images_of_question_answers_and_hints_have_sizes():
    reference = f"![]({stored(NAME)} =60x40)"
    item = make_item(reference, [(reference, True)], [reference])
    converted = convert(item)
    sizes = {local(NAME): {"width": 60, "height": 40}}
    assert converted["question"]["images"] == choices(item)[0]["images"] == converted["hints"][0]["images"] == sizes


def test_raw_data_is_unchanged_except_for_references():
    picture, drawing = make_file(PICTURE, "png"), make_graphie()
    graphie = make_file(drawing, "graphie", "af32c")
    images = ArchiveImages({NAME: PICTURE, f"{md5(drawing)}.graphie": drawing})
    raw = {
        "question": {
            "content": f"☃ ![]({stored(NAME)}) ![](web+graphie:{stored('af32c')}) ![](web+graphie://cdn.org/af32c)",
            "images": {stored(NAME): {"width": 1.5, "height": 2}, f"web+graphie:{stored('af32c')}": {}},
            "widgets": {"image 1": {"options": {"backgroundImage": {"url": stored(NAME), "n": [1, None, True]}}}},
        },
        "hints": [],
    }
    assert convert(make_raw_item(raw, [picture, graphie]), images) == {
        "question": {
            "content": f"☃ ![]({local(NAME)}) ![](web+graphie:{local('af32c')}) ![](web+graphie:{local('af32c')})",
            "images": {local(NAME): {"width": 1.5, "height": 2}, f"web+graphie:{local('af32c')}": {}},
            "widgets": {"image 1": {"options": {"backgroundImage": {"url": local(NAME), "n": [1, None, True]}}}},
        },
        "hints": [],
    }
    assert set(images.members) == {f"images/{NAME}", "images/af32c.svg", "images/af32c-data.json"}


def test_double_dollar_signs_in_raw_data_are_unchanged():
    assert convert(make_raw_item({"question": {"content": "$$x$$"}}))["question"]["content"] == "$$x$$"


def test_escaped_placeholders_of_raw_data_are_found():
    raw = json.dumps({"url": stored(NAME)})
    assert "\\u2623" in raw
    assert convert(make_raw_item(raw)) == {"url": local(NAME)}


def test_images_attached_to_raw_data_are_stored_even_without_a_reference():
    images = ArchiveImages({NAME: PICTURE})
    convert(make_raw_item({}, [make_file(PICTURE, "png")]), images)
    assert images.members == {f"images/{NAME}": PICTURE}


def test_other_files_of_raw_data_are_left_out():
    images = ArchiveImages({NAME: PICTURE})
    convert(make_raw_item({}, [make_file(PICTURE, "png", preset=format_presets.EXERCISE_THUMBNAIL)]), images)
    assert images.members == {}


NOT_NUMBERS = ["NaN", "-Infinity", "1e999", "9" * 5000]
TOO_DEEP = ['{"a":' * 150 + "1" + "}" * 150, "[" * 100_000]


@pytest.mark.parametrize(
    "raw",
    ["", "{", "[]", '"text"', "null", "{'a': 1}", *(f'{{"a": {number}}}' for number in NOT_NUMBERS), *TOO_DEEP],
)
def test_raw_data_that_is_not_a_json_object_is_rejected_with_its_assessment_id(raw):
    item = make_raw_item(raw, number=0xBAD)
    with pytest.raises(InvalidPerseusItem, match=item["assessment_id"]) as caught:
        convert(item)
    assert isinstance(caught.value, ValueError)
    assert caught.value.assessment_id == item["assessment_id"]


def test_damaged_graphie_is_rejected_with_its_assessment_id():
    item = make_raw_item({}, [make_file(b"broken", "graphie", "af32c")], number=0xBAD)
    with pytest.raises(InvalidPerseusItem, match=item["assessment_id"]):
        convert(item, ArchiveImages({f"{md5(b'broken')}.graphie": b"broken"}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=4), st.booleans())
def test_any_raw_item_without_references_is_unchanged(raw, ascii_only):
    assert convert(make_raw_item(json.dumps(raw, ensure_ascii=ascii_only))) == raw
