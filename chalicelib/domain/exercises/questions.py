"""Rules of questions: which parts go with which type, and the images that their texts show."""

import re
from collections.abc import Mapping

from le_utils.constants import exercises, file_formats, format_presets

from chalicelib.domain import jsontext
from chalicelib.domain.exercises import qti_xml
from chalicelib.domain.ids import derived_id
from chalicelib.domain.storage_keys import split_filename
from chalicelib.domain.types import AssessmentItemData, FileData

RAW_TYPES = frozenset({exercises.PERSEUS_QUESTION, exercises.QTI})
_IMAGE = re.compile(re.escape(exercises.CONTENT_STORAGE_FORMAT.format("")) + r'([^\s()"\\]+)')
_FORMATS = frozenset(form.id for form in file_formats.FORMATLIST)


def misplaced(item: AssessmentItemData) -> dict[str, list[str]]:
    """Sentences by field for what a question of this type cannot have."""
    if item["type"] in RAW_TYPES:
        filled = [name for name in ("question", "answers", "hints") if item[name]]
        return {name: [f"A question of type {item['type']} has raw_data only; leave this empty."] for name in filled}
    if item["raw_data"]:
        return {"raw_data": [f"Only {' and '.join(sorted(RAW_TYPES))} questions have raw_data; leave this empty."]}
    return {}


def damaged(item: AssessmentItemData) -> dict[str, list[str]]:
    """Sentences by field for raw data that could not be published. Blank raw data is not there yet."""
    if item["raw_data"].strip() and item["type"] == exercises.QTI:
        return _damaged_qti(item["raw_data"])
    if item["raw_data"].strip() and item["type"] == exercises.PERSEUS_QUESTION:
        return _damaged_perseus(item["raw_data"])
    return {}


def _damaged_qti(raw_data: str) -> dict[str, list[str]]:
    try:
        qti_xml.parse(raw_data)
    except qti_xml.InvalidQti as error:
        return {"raw_data": [f"This {error}"]}
    return {}


def _damaged_perseus(raw_data: str) -> dict[str, list[str]]:
    try:
        is_item = isinstance(jsontext.loads(raw_data), dict)
    except ValueError:
        is_item = False
    return {} if is_item else {"raw_data": ["This must be the JSON text of a Perseus item."]}


def images(item: AssessmentItemData) -> list[str]:
    """The names that a question's texts show images by, each once, in order.

    Raw data also names drawings (graphies), by what they were once called: those are left out.
    """
    texts = [item["question"], *_strings(item["answers"], "answer"), *_strings(item["hints"], "hint")]
    names = [name for text in texts for name in _IMAGE.findall(text)]
    names += [name for name in _IMAGE.findall(item["raw_data"]) if split_filename(name)]
    return list(dict.fromkeys(names))


def shown(item: AssessmentItemData) -> list[str]:
    """The names of all images that a question shows: QTI items may also name them as if they lay beside it."""
    beside = qti_xml.stored_names(item["raw_data"]) if item["type"] == exercises.QTI else []
    return list(dict.fromkeys([*images(item), *beside]))


def _strings(rows: list[dict[str, object]], name: str) -> list[str]:
    return [value for row in rows if isinstance(value := row.get(name), str)]


def is_image_name(name: str) -> bool:
    """Whether a name is one that a stored file can have."""
    parts = split_filename(name)
    return parts is not None and parts[1] in _FORMATS


def files_of(item: AssessmentItemData, sizes: Mapping[str, int]) -> list[FileData]:
    """The files that a question is to have: those it has, without images that it no longer shows, and with those it
    shows now. `sizes` are bytes of the stored files by name."""
    names = shown(item)
    kept = [f for f in item["files"] if f["preset"] != format_presets.EXERCISE_IMAGE or file_name(f) in names]
    present = {file_name(file) for file in kept}
    return kept + [_image(item, name, sizes[name]) for name in names if name not in present and name in sizes]


def file_name(file: FileData) -> str:
    """The name that a file is stored by."""
    return f"{file['checksum']}.{file['file_format']}"


def _image(item: AssessmentItemData, name: str, size: int) -> FileData:
    checksum, extension = name.split(".")
    return {
        "id": derived_id(item["contentnode_id"], f"{item['assessment_id']} {name}"),
        "checksum": checksum,
        "file_format": extension,
        "file_size": size,
        "preset": format_presets.EXERCISE_IMAGE,
        "language": None,
        "original_filename": name,
        "source_url": None,
        "duration": None,
    }
