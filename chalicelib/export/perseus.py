"""Exercise archives (`.perseus`): a zip of `exercise.json`, one `<assessment id>.json` per question, and `images/`."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from le_utils.constants import exercises

from chalicelib.domain.exercises import questions
from chalicelib.domain.types import AssessmentData, AssessmentItemData, NodeData
from chalicelib.export.exercise_settings import mastery_model, randomize
from chalicelib.export.perseus_images import ArchiveImages, file_name, stored_names
from chalicelib.export.perseus_items import CONVERTERS, attached_files, perseus_item, texts
from chalicelib.export.zipping import Content

# Increment this with every change that alters the bytes of the same exercise.
FORMAT_VERSION = 2

ITEM_KEYS = ("assessment_id", "type", "question", "answers", "hints", "raw_data", "randomize")


def perseus_items(items: list[AssessmentItemData]) -> list[AssessmentItemData]:
    """The questions that Perseus can represent, in order: all but QTI and free response."""
    known = (item for item in items if item["type"] in CONVERTERS)
    return sorted(known, key=lambda item: (item["order"], item["assessment_id"]))


def assessment_data(node: NodeData, items: list[AssessmentItemData]) -> AssessmentData:
    """The assessment metadata of an exercise that is published as an exercise archive."""
    ids = [item["assessment_id"] for item in perseus_items(items)]
    return {
        "assessment_item_ids": ids,
        "mastery_model": mastery_model(node, len(ids)),
        "randomize": randomize(node),
    }


def image_filenames(items: list[AssessmentItemData]) -> set[str]:
    """The names "<checksum>.<extension>" of the stored files that the archive of these questions requires.

    Raises InvalidPerseusItem if raw data is not a JSON object.
    """
    names: set[str] = set()
    for item in perseus_items(items):
        names.update(file_name(file) for file in attached_files(item))
        for text in texts(item):
            names.update(stored_names(text))
    return names


def archive_fingerprint(node: NodeData, items: list[AssessmentItemData]) -> str:
    """A digest (hex) of everything that determines the bytes of the archive; stored files count by checksum.

    It identifies an archive with all files of `image_filenames`. Do not cache an incomplete archive under it.
    """
    parts = [
        {
            **{key: item[key] for key in ITEM_KEYS},  # type: ignore[literal-required]
            "files": [(file_name(file), file["original_filename"]) for file in attached_files(item)],
        }
        for item in perseus_items(items)
    ]
    text = json.dumps([FORMAT_VERSION, _exercise(node, items), parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def archive_members(
    node: NodeData, items: list[AssessmentItemData], images: Mapping[str, Content]
) -> dict[str, Content]:
    """Return the archive of the questions that Perseus can represent, by path. Equal input gives equal members.

    `images` maps the names of `image_filenames` to contents. Kolibri shows a placeholder for a missing one.
    Raises InvalidPerseusItem for raw data that is not a JSON object and for damaged graphies.
    """
    archive_images = ArchiveImages(images)
    documents = {
        f"{item['assessment_id']}.json": to_json(perseus_item(item, archive_images)) for item in perseus_items(items)
    }
    return {"exercise.json": to_json(_exercise(node, items)), **documents, **archive_images.members}


def _exercise(node: NodeData, items: list[AssessmentItemData]) -> dict[str, Any]:
    assessment = assessment_data(node, items)
    mastery = assessment["mastery_model"]
    return {
        "all_assessment_items": assessment["assessment_item_ids"],
        "assessment_mapping": {item["assessment_id"]: _published_type(item) for item in perseus_items(items)},
        # Old viewers support only "m of n"; m and n express every other model.
        "mastery_model": exercises.M_OF_N,
        "legacy_mastery_model": mastery["type"],
        "m": mastery["m"],
        "n": mastery["n"],
        "randomize": assessment["randomize"],
    }


def _published_type(item: AssessmentItemData) -> str:
    return exercises.SINGLE_SELECTION if item["type"] == questions.TRUE_FALSE else item["type"]


def to_json(document: dict[str, Any]) -> bytes:
    """Serialize a document of an archive."""
    # Kolibri searches the file's text for ☣, so it must not be escaped. A lone surrogate must be.
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")
