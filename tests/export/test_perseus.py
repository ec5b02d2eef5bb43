"""Exercise archives."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants import exercises, format_presets

from chalicelib.domain.exercises.questions import TRUE_FALSE
from chalicelib.export.perseus import (
    archive_fingerprint,
    archive_members,
    assessment_data,
    image_filenames,
    perseus_items,
)
from chalicelib.export.perseus_items import InvalidPerseusItem
from chalicelib.export.zipping import write_zip
from tests.export.perseus_builders import (
    make_file,
    make_graphie,
    make_image,
    make_item,
    make_node,
    make_raw_item,
    md5,
    read_archive,
    read_json,
    recorded,
    stored,
    viewer_paths,
)

PICTURE, DRAWING = make_image(), make_graphie()
PICTURE_NAME, DRAWING_NAME = f"{md5(PICTURE)}.png", f"{md5(DRAWING)}.graphie"
STORED = {PICTURE_NAME: PICTURE, DRAWING_NAME: DRAWING}
DO_ALL = make_node(mastery_model=exercises.DO_ALL, randomize=False)

FIRST, SECOND = "4bfe1f68e0cd38a78167ef6beb52dcb2.png", "a69a891cb17a6eed59296d3dd7091d71.png"


def build_archive(*given: Any) -> bytes:
    buffer = BytesIO()
    write_zip(buffer, archive_members(*given))
    return buffer.getvalue()


RECORDED = {
    "questions_plain": (
        make_node(mastery_model=exercises.DO_ALL, m=2, n=2, randomize=False),
        [
            make_item("Which is odd?", [("1", True), ("2", False)]),
            make_item("3*3?", [("9", True)], kind=exercises.INPUT_QUESTION),
        ],
        {},
    ),
    "questions_with_images": (
        make_node(mastery_model=exercises.M_OF_N, m=2, n=3, randomize=False),
        [
            make_item(
                f"Single $$\\frac{{1}}{{2}}$$ ![]({stored(FIRST)}) & *?*",
                [("A", False), ("B", True), (f"C ![]({stored(SECOND)})", False)],
                ["h1", "h2 $$x$$"],
                randomize=True,
            ),
            make_item(
                'Multi "q" \\ \nnewline',
                [("A", True), ("B", False), ("C", True)],
                ["only"],
                kind=exercises.MULTIPLE_SELECTION,
            ),
            make_item(
                "Half?",
                [("0.5", True), ("-3", True), ("1,000", True), ("many", True)],
                ["n"],
                kind=exercises.INPUT_QUESTION,
            ),
        ],
        {FIRST: make_image((33, 44)), SECOND: make_image((11, 12))},
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_archive_equals_the_recorded_one(name):
    node, items, images = RECORDED[name]
    expected = recorded(name)
    ids = expected["exercise"]["all_assessment_items"]
    items = [item | {"assessment_id": ids[number], "order": number} for number, item in enumerate(items)]
    members = read_archive(build_archive(node, items, images))
    assert read_json(members) == {"exercise": expected["exercise"], **expected["items"]}
    assert sorted(member for member in members if "/" in member) == expected["images"]


def exercise_with_everything():
    raw = {
        "question": {"content": f"![]({stored(PICTURE_NAME)}) ![](web+graphie:{stored('af32c')})", "widgets": {}},
        "answerArea": {},
        "hints": [],
    }
    files = [make_file(PICTURE, "png"), make_file(DRAWING, "graphie", "af32c")]
    sized = f"![a]({stored(PICTURE_NAME)} =30x20)"
    return [
        make_item(sized, [(sized, True), ("B", False)], [f'![]({stored(PICTURE_NAME)} =15x10 "t")'], number=1),
        make_item("2?", [("2", True)], kind=exercises.INPUT_QUESTION, number=2),
        make_raw_item(raw, files, number=3),
    ]


def test_viewer_finds_every_image():
    members = read_archive(build_archive(DO_ALL, exercise_with_everything(), STORED))
    images = {name for name in members if name.startswith("images/")}
    assert len(images) == 5  # the image in three sizes, the drawing and its labels
    assert viewer_paths(members) == images


def test_required_files_are_those_in_texts_and_attached_ones():
    items = exercise_with_everything()
    assert image_filenames(items) == {PICTURE_NAME, DRAWING_NAME}
    assert image_filenames(items[:1]) == {PICTURE_NAME}
    assert image_filenames(items[1:2]) == set()
    assert image_filenames([make_item("?", [("A", True)], [f"![]({stored(PICTURE_NAME)})"])]) == {PICTURE_NAME}


def test_references_to_other_files_are_not_required():
    assert image_filenames([make_item(f"![]({stored('http://example.org/tree.png')})")]) == set()


def test_unreferenced_files_of_raw_data_are_not_required():
    file = make_file(PICTURE, "png", preset=format_presets.EXERCISE_THUMBNAIL)
    assert image_filenames([make_raw_item({}, [file])]) == set()


def test_archive_is_built_without_missing_images():
    members = read_archive(build_archive(DO_ALL, exercise_with_everything(), {}))
    assert not any(name.startswith("images/") for name in members)
    assert len(members) == 4


def test_questions_that_perseus_cannot_represent_are_skipped():
    items = [
        make_item(kind=exercises.QTI, raw_data="<qti/>", number=1),
        make_item(number=2),
        make_item("Why?", [], kind=exercises.FREE_RESPONSE, number=3),
    ]
    included = items[1]["assessment_id"]
    documents = read_json(read_archive(build_archive(DO_ALL, items, {})))
    assert set(documents) == {"exercise", included}
    assert documents["exercise"]["all_assessment_items"] == [included]
    assert documents["exercise"]["assessment_mapping"] == {included: exercises.SINGLE_SELECTION}
    assert (documents["exercise"]["m"], documents["exercise"]["n"]) == (1, 1)
    assert perseus_items([items[0], items[2]]) == []


def test_questions_are_sorted():
    items = [make_item(number=number) for number in (3, 1, 2)]
    documents = read_json(read_archive(build_archive(DO_ALL, items, {})))
    assert documents["exercise"]["all_assessment_items"] == [f"{number:032x}" for number in (1, 2, 3)]


def test_assessment_metadata_lists_the_questions_of_the_archive():
    items = [make_item(number=1), make_item(number=2, kind=exercises.QTI), make_item(number=3)]
    assert assessment_data(DO_ALL, items) == {
        "assessment_item_ids": [f"{1:032x}", f"{3:032x}"],
        "mastery_model": {"type": exercises.DO_ALL, "n": 2, "m": 2},
        "randomize": False,
    }


def test_broken_raw_data_is_reported_by_every_reader():
    items = [make_raw_item("{", number=0xBAD)]
    for rejected in (lambda: image_filenames(items), lambda: build_archive(DO_ALL, items, {})):
        with pytest.raises(InvalidPerseusItem, match=items[0]["assessment_id"]):
            rejected()


def test_zip_has_fixed_dates_and_sorted_members():
    with zipfile.ZipFile(BytesIO(build_archive(DO_ALL, exercise_with_everything(), STORED))) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)  # including lone surrogates


@st.composite
def random_items(draw):
    kinds = st.sampled_from([exercises.SINGLE_SELECTION, exercises.MULTIPLE_SELECTION, exercises.INPUT_QUESTION])
    answers = st.lists(st.tuples(any_text | st.integers(), st.booleans()), max_size=3)
    hints = st.lists(any_text, max_size=2)
    return [
        make_item(draw(any_text), draw(answers), draw(hints), kind=draw(kinds), number=number)
        for number in range(draw(st.integers(0, 3)))
    ]


@settings(max_examples=60, deadline=None)
@given(random_items())
def test_any_exercise_gives_valid_json_and_reproducible_bytes(items):
    first = build_archive(DO_ALL, items, STORED)
    assert build_archive(DO_ALL, list(reversed(items)), dict(reversed(STORED.items()))) == first
    assert len(read_json(read_archive(first))) == len(items) + 1


@settings(max_examples=60, deadline=None)
@given(st.text().filter(lambda text: "$$" not in text and stored("") not in text))
def test_any_text_is_preserved(text):
    item = make_item(text, [(f"{text}.", True)], [text])
    document = read_json(read_archive(build_archive(DO_ALL, [item], {})))[item["assessment_id"]]
    assert document["question"]["content"] == f"{text}\n\n[[☃ radio 1]]"
    assert document["question"]["widgets"]["radio 1"]["options"]["choices"][0]["content"] == f"{text}."
    assert document["hints"][0]["content"] == text


@settings(max_examples=60, deadline=None)
@given(random_items(), random_items())
def test_equal_fingerprints_mean_equal_archives(items, others):
    archives = [build_archive(DO_ALL, each, STORED) for each in (items, others)]
    fingerprints = [archive_fingerprint(DO_ALL, each) for each in (items, others)]
    assert fingerprints[0] != fingerprints[1] or archives[0] == archives[1]


def test_fingerprint_depends_on_the_archives_contents():
    items = exercise_with_everything()
    renamed = exercise_with_everything()
    renamed[2]["files"][1]["original_filename"] = "beef"
    redrawn = exercise_with_everything()
    redrawn[2]["files"][1]["checksum"] = "0" * 32
    fingerprints = [
        archive_fingerprint(DO_ALL, items),
        archive_fingerprint(DO_ALL, items[:2]),
        archive_fingerprint(make_node(mastery_model=exercises.DO_ALL, randomize=True), items),
        archive_fingerprint(make_node(mastery_model=exercises.M_OF_N, m=3, n=3, randomize=False), items),
        archive_fingerprint(DO_ALL, [make_item(randomize=True)]),
        archive_fingerprint(DO_ALL, [make_item(randomize=False)]),
        archive_fingerprint(DO_ALL, renamed),
        archive_fingerprint(DO_ALL, redrawn),
    ]
    assert len(set(fingerprints)) == len(fingerprints)


def test_fingerprint_does_not_depend_on_other_data():
    items = exercise_with_everything()
    elsewhere: list[Any] = [{**item, "source_url": "http://example.org", "contentnode_id": "9" * 32} for item in items]
    qti = make_item(kind=exercises.QTI, number=9)
    other = make_node("Other title", mastery_model=exercises.DO_ALL, randomize=False, author="someone")
    assert archive_fingerprint(other, [*elsewhere, qti]) == archive_fingerprint(DO_ALL, items)


def test_placeholders_are_not_escaped():
    members = read_archive(build_archive(DO_ALL, [make_item(f"![]({stored(PICTURE_NAME)})")], STORED))
    assert "☣".encode() in members[f"{1:032x}.json"]
    assert json.loads(members[f"{1:032x}.json"])


def test_true_or_false_is_published_as_single_selection():
    kinds = (TRUE_FALSE, exercises.SINGLE_SELECTION)
    one, other = ([make_item("It is.", [("True", True), ("False", False)], kind=kind)] for kind in kinds)
    assert archive_members(DO_ALL, one, {}) == archive_members(DO_ALL, other, {})
