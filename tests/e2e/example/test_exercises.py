"""Exercises arrive with every question, readable by Kolibri's Perseus player."""

import io
import json
import re
import zipfile
from typing import Any

import httpx
from le_utils.constants import content_kinds, exercises
from PIL import Image

from tests.e2e.example import expected
from tests.e2e.example.conftest import Version

LOCAL_IMAGE = re.compile(r"\$\{☣ LOCALPATH\}/(images/[^\s)\"]+)")
WIDGETS = {
    exercises.SINGLE_SELECTION: "radio 1",
    exercises.MULTIPLE_SELECTION: "radio 1",
    exercises.INPUT_QUESTION: "numeric-input 1",
}


class Archive:
    """A `.perseus` archive: `exercise.json`, one item per question, pictures."""

    def __init__(self, data: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(data))
        self.names = self.zip.namelist()
        self.about = json.loads(self.zip.read("exercise.json"))

    def item(self, assessment_id: str) -> dict[str, Any]:
        item: dict[str, Any] = json.loads(self.zip.read(f"{assessment_id}.json"))
        return item

    def picture_sizes(self, assessment_id: str) -> list[tuple[int, int]]:
        names = LOCAL_IMAGE.findall(self.item(assessment_id)["question"]["content"])
        return [Image.open(io.BytesIO(self.zip.read(name))).size for name in names]


def archive_of(version: Version, source_id: str) -> tuple[dict[str, Any], Archive]:
    node = version.named(source_id)
    return node, Archive(version.archive_of(node["node_id"]))


def exercises_of(version: Version) -> list[dict[str, Any]]:
    return [node for node, _ in version.sent.values() if node["kind"] == content_kinds.EXERCISE]


def test_assessment_metadata_arrives(first: Version) -> None:
    sql = "select * from content_assessmentmetadata"
    found = {row.pop("contentnode_id"): row for row in first.published(sql)}
    parsed = {
        node_id: {
            **{key: value for key, value in row.items() if key != "id"},
            "assessment_item_ids": json.loads(row["assessment_item_ids"]),
            "mastery_model": json.loads(row["mastery_model"]),
        }
        for node_id, row in found.items()
    }
    assert parsed == {node["node_id"]: expected.assessment(node) for node in exercises_of(first)}


def test_every_archive_holds_every_question_in_order(first: Version) -> None:
    for node in exercises_of(first):
        archive = Archive(first.archive_of(node["node_id"]))
        ids = [question["assessment_id"] for question in node["questions"]]
        assert archive.about["all_assessment_items"] == ids, node["title"]
        assert archive.about["assessment_mapping"] == {
            question["assessment_id"]: question["type"] for question in node["questions"]
        }
        assert {f"{id}.json" for id in ids} <= set(archive.names)
        assert [archive.item(id)["question"]["content"] for id in ids]


def test_every_picture_that_a_question_shows_is_in_its_archive(first: Version) -> None:
    for node in exercises_of(first):
        archive = Archive(first.archive_of(node["node_id"]))
        for question in node["questions"]:
            text = archive.zip.read(f"{question['assessment_id']}.json").decode()
            assert exercises.CONTENT_STORAGE_PLACEHOLDER not in text
            shown = set(LOCAL_IMAGE.findall(text))
            missing = {name for name in shown if not {name, f"{name}.svg"} & set(archive.names)}
            assert missing == set(), node["title"]
            assert bool(shown) == bool(question["files"]), question["question"]


def test_choices_hints_and_answers_are_those_sent(first: Version) -> None:
    for node in exercises_of(first):
        archive = Archive(first.archive_of(node["node_id"]))
        for question in node["questions"]:
            if question["type"] == exercises.PERSEUS_QUESTION:
                continue
            item = archive.item(question["assessment_id"])
            options = item["question"]["widgets"][WIDGETS[question["type"]]]["options"]
            assert given(question["type"], options) == sent_answers(question), question["question"]
            assert len(item["hints"]) == len(json.loads(question["hints"]))


def sent_answers(question: dict[str, Any]) -> list[tuple[Any, bool]]:
    """Answers as sent: numbers for typed ones, texts without pictures for choices."""
    answers = json.loads(question["answers"])
    if question["type"] == exercises.INPUT_QUESTION:
        return [(float(answer["answer"]), answer["correct"]) for answer in answers]
    return [(plain(answer["answer"]), answer["correct"]) for answer in answers]


def given(kind: str, options: dict[str, Any]) -> list[tuple[Any, bool]]:
    """Answers as Perseus shows them, in the same form."""
    if kind == exercises.INPUT_QUESTION:
        return [(answer["value"], answer["status"] == "correct") for answer in options["answers"]]
    assert options["multipleSelect"] == (kind == exercises.MULTIPLE_SELECTION)
    return [(plain(choice["content"]), choice["correct"]) for choice in options["choices"]]


def plain(text: str) -> str:
    return re.sub(r"!\[[^\]]*\]\([^)]*\)", "[picture]", text)


def test_formulas_arrive_in_the_single_dollars_that_perseus_supports(first: Version) -> None:
    node, archive = archive_of(first, "illustrated")
    formula = next(question for question in node["questions"] if "sum" in question["question"])
    item = archive.item(formula["assessment_id"])
    assert item["question"]["content"].startswith("$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$ Which")
    choices = item["question"]["widgets"]["radio 1"]["options"]["choices"]
    assert [choice["content"] for choice in choices] == ["$8$", "$10$"]


def test_pictures_with_a_size_are_resized(first: Version) -> None:
    node, archive = archive_of(first, "illustrated")
    sized = next(question for question in node["questions"] if "=100x50" in question["question"])
    assert archive.picture_sizes(sized["assessment_id"]) == [(100, 50), (50, 25)]
    assert " =" not in archive.item(sized["assessment_id"])["question"]["content"]


def test_raw_perseus_keeps_everything_but_the_places_of_its_pictures(first: Version) -> None:
    node, archive = archive_of(first, "perseus")
    for question in node["questions"]:
        places = f"{exercises.IMG_PLACEHOLDER}/images"
        wanted = json.loads(question["raw_data"].replace(exercises.CONTENT_STORAGE_PLACEHOLDER, places))
        assert archive.item(question["assessment_id"]) == wanted


def test_both_halves_of_a_graphie_are_in_the_archive(stack: Any, first: Version) -> None:
    node, archive = archive_of(first, "perseus")
    (file,) = [file for question in node["questions"] for file in question["files"] if "graphie" in file["preset"]]
    name = file["filename"]
    stored = httpx.get(f"{stack.url}/content/storage/{name[0]}/{name[1]}/{name}").raise_for_status().text
    drawing, data = stored.split(exercises.GRAPHIE_DELIMITER)
    assert archive.zip.read("images/triangle.svg").decode() == drawing
    assert archive.zip.read("images/triangle-data.json").decode() == data


def test_a_quiz_is_marked_as_one(first: Version) -> None:
    (row,) = first.published("select options from content_contentnode where id = ?", first.named("quiz")["node_id"])
    assert json.loads(row["options"])["modality"] == "QUIZ"
