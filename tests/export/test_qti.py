"""QTI packages."""

import json
import time
import zipfile
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants import exercises, format_presets

from chalicelib.export.perseus_items import InvalidPerseusItem
from chalicelib.export.qti import (
    archive_fingerprint,
    archive_members,
    assessment_data,
    image_filenames,
    included_presets,
    is_needed,
)
from chalicelib.export.qti_items import InvalidQtiItem
from chalicelib.export.zipping import write_zip
from tests.export.perseus_builders import make_file, make_graphie, make_image, make_item, make_raw_item, md5, stored
from tests.export.qti_builders import make_exercise, make_raw, q, qti_id, read_package

PICTURE, DRAWING = make_image(), make_graphie()
NAME, DRAWING_NAME = f"{md5(PICTURE)}.png", f"{md5(DRAWING)}.graphie"
STORED = {NAME: PICTURE, DRAWING_NAME: DRAWING}
EXERCISE = make_exercise(mastery_model=exercises.DO_ALL, randomize=False)
FREE = make_item("Why?", [], kind=exercises.FREE_RESPONSE)


def build_archive(*given: Any) -> bytes:
    buffer = BytesIO()
    write_zip(buffer, archive_members(*given))
    return buffer.getvalue()


def perseus_question(number):
    raw = {"question": {"content": f"![]({stored(NAME)}) ![](web+graphie:{stored('af32c')})", "widgets": {}}}
    return make_raw_item(raw, [make_file(DRAWING, "graphie", "af32c")], number=number)


def exercise_with_everything():
    image = f"![a]({stored(NAME)} =30x20)"
    return [
        make_item(f"Why? {image}", [], [image], kind=exercises.FREE_RESPONSE, number=1),
        make_raw(f'<p><img src="{NAME}" alt="a"/></p>', number=2),
        make_item("Which?", [(image, True), ("B", False)], number=3),
        make_item(answers=[("A", True), ("B", True)], kind=exercises.MULTIPLE_SELECTION, number=4),
        make_item("2?", [("2", True)], kind=exercises.INPUT_QUESTION, number=5),
        perseus_question(6),
    ]


def test_questions_that_perseus_cannot_represent_require_a_package():
    kinds = {kind for kind, _ in exercises.question_choices}
    needing = {kind for kind in kinds if is_needed([make_item(), make_item(kind=kind)])}
    assert needing == {exercises.QTI, exercises.FREE_RESPONSE}


def test_package_has_every_question_by_its_id_in_the_database():
    items, _ = read_package(build_archive(EXERCISE, exercise_with_everything(), STORED))
    assert list(items) == [qti_id(f"{number:032x}") for number in range(1, 7)]
    assert assessment_data(EXERCISE, exercise_with_everything()) == {
        "assessment_item_ids": list(items),
        "mastery_model": {"type": exercises.DO_ALL, "n": 6, "m": 6},
        "randomize": False,
    }


def test_every_type_of_question_is_included():
    kinds = [kind for kind, _ in exercises.question_choices]
    raw = {exercises.QTI: make_raw()["raw_data"], exercises.PERSEUS_QUESTION: "{}"}
    questions = [make_item(kind=kind, number=n, raw_data=raw.get(kind, "")) for n, kind in enumerate(kinds)]
    items, _ = read_package(build_archive(EXERCISE, questions, {}))
    assert len(items) == len(kinds)


def test_viewer_finds_every_image():
    items, members = read_package(build_archive(EXERCISE, exercise_with_everything(), STORED))
    shown = [path for item in items.values() for path in item.images()]
    assert shown == [f"items/images/{NAME}"] * 4
    assert members[f"items/images/{NAME}"] == PICTURE
    assert [len(item.files) for item in items.values()] == [2, 2, 2, 1, 1, 5]


def test_perseus_questions_are_embedded_with_their_images():
    items, members = read_package(build_archive(EXERCISE, exercise_with_everything(), STORED))
    item = items[qti_id(f"{6:032x}")]
    [interaction] = item.root.findall(q("item-body/custom-interaction"))
    path = interaction.get("data-perseus-path")
    assert (interaction.get("data-type"), path) == ("perseus", f"perseus/{6:032x}.json")
    assert set(json.loads(members[path])["question"]) == {"content", "widgets"}
    images = {f"perseus/images/{name}" for name in (NAME, "af32c.svg", "af32c-data.json")}
    assert set(item.files) == {item.path, path, *images}


def test_perseus_questions_are_scored_by_their_viewer():
    item = read_package(build_archive(EXERCISE, [FREE, perseus_question(6)], STORED))[0][qti_id(f"{6:032x}")]
    assert item.root.find(q("response-declaration")).get("cardinality") == "record"
    condition = item.root.find(q("response-processing/response-condition"))
    assert condition.find(q("response-if/field-value")).get("field-identifier") == "correct"
    scores = [
        condition.find(q(f"{branch}/set-outcome-value/base-value")).text for branch in ("response-if", "response-else")
    ]
    assert scores == ["1", "0"]


def test_included_presets_are_the_required_viewers():
    assert included_presets([FREE, make_item()]) == [format_presets.QTI_ZIP]
    assert included_presets([FREE, perseus_question(2)]) == [format_presets.QTI_ZIP, format_presets.EXERCISE]


def test_required_files_are_those_referenced_by_questions():
    items = exercise_with_everything()
    assert image_filenames(items) == {NAME, DRAWING_NAME}
    assert [image_filenames([item]) for item in items[:5]] == [{NAME}, {NAME}, {NAME}, set(), set()]


def test_package_is_built_without_missing_images():
    items, members = read_package(build_archive(EXERCISE, exercise_with_everything(), {}))
    assert len(items) == 6
    assert not [name for name in members if "images/" in name]


@pytest.mark.parametrize(
    ("broken", "error"),
    [(make_raw() | {"raw_data": "<p>"}, InvalidQtiItem), (make_raw_item("{", number=1), InvalidPerseusItem)],
)
def test_broken_raw_data_is_reported_by_every_reader(broken, error):
    for rejected in (lambda: image_filenames([FREE, broken]), lambda: build_archive(EXERCISE, [FREE, broken], {})):
        with pytest.raises(error, match=broken["assessment_id"]):
            rejected()


def test_zip_has_fixed_dates_and_sorted_members():
    with zipfile.ZipFile(BytesIO(build_archive(EXERCISE, exercise_with_everything(), STORED))) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)  # including lone surrogates
kinds = st.sampled_from([exercises.SINGLE_SELECTION, exercises.INPUT_QUESTION, exercises.FREE_RESPONSE])


@st.composite
def random_items(draw):
    answers = st.lists(st.tuples(any_text, st.booleans()), max_size=2)
    return [
        make_item(draw(any_text), draw(answers), draw(st.lists(any_text, max_size=1)), kind=draw(kinds), number=number)
        for number in range(draw(st.integers(0, 3)))
    ]


@settings(max_examples=60, deadline=None)
@given(random_items())
def test_any_exercise_gives_a_package_with_reproducible_bytes(items):
    first = build_archive(EXERCISE, items, STORED)
    assert build_archive(EXERCISE, list(reversed(items)), dict(reversed(STORED.items()))) == first
    assert len(read_package(first)[0]) == len(items)


@settings(max_examples=60, deadline=None)
@given(random_items(), random_items())
def test_equal_fingerprints_mean_equal_packages(items, others):
    archives = [build_archive(EXERCISE, each, STORED) for each in (items, others)]
    fingerprints = [archive_fingerprint(EXERCISE, each) for each in (items, others)]
    assert fingerprints[0] != fingerprints[1] or archives[0] == archives[1]


def test_fingerprint_depends_on_the_packages_contents():
    items = exercise_with_everything()
    redrawn = exercise_with_everything()
    redrawn[5]["files"][0]["checksum"] = "0" * 32
    fingerprints = [
        archive_fingerprint(EXERCISE, items),
        archive_fingerprint(EXERCISE, items[:2]),
        archive_fingerprint(make_exercise("fr"), items),
        archive_fingerprint(EXERCISE, redrawn),
        archive_fingerprint(EXERCISE, [make_raw()]),
        archive_fingerprint(EXERCISE, [make_raw("<p>other</p>")]),
    ]
    assert len(set(fingerprints)) == len(fingerprints)


def test_fingerprint_does_not_depend_on_unused_data():
    items = exercise_with_everything()
    elsewhere: list[Any] = [{**item, "source_url": "http://example.org", "contentnode_id": "9" * 32} for item in items]
    other = make_exercise(mastery_model=exercises.M_OF_N, m=1, n=2) | {"title": "Other"}
    assert archive_fingerprint(other, elsewhere) == archive_fingerprint(EXERCISE, items)
    assert build_archive(other, elsewhere, STORED) == build_archive(EXERCISE, items, STORED)


def test_large_packages_are_built_quickly():
    items = [make_item(f"**{n}**? $$x^{n}$$", hints=["h"], number=n) for n in range(500)]
    start = time.perf_counter()
    questions, _ = read_package(build_archive(EXERCISE, [FREE | {"assessment_id": "f" * 32}, *items], {}))
    assert len(questions) == 501
    assert time.perf_counter() - start < 5
