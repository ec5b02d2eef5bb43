"""Rules for questions: which fields each type allows, and which images their texts reference."""

import re
from collections.abc import Callable, Mapping

from le_utils.constants import exercises, file_formats, format_presets

from chalicelib.domain.exercises import perseus_json, qti_xml
from chalicelib.domain.ids import derived_id
from chalicelib.domain.storage_keys import split_filename
from chalicelib.domain.types import AssessmentItemData, FileData

MAX_RAW_DATA = 2_000_000  # characters; real ones have some hundred thousand
TRUE_FALSE = "true_false"  # sent by the editor of Kolibri Studio, and missing in le_utils
TYPES = frozenset({TRUE_FALSE, *(kind for kind, _ in exercises.question_choices)})
RAW_TYPES = frozenset({exercises.PERSEUS_QUESTION, exercises.QTI})
_IMAGE = re.compile(re.escape(exercises.CONTENT_STORAGE_FORMAT.format("")) + r'([^\s()"\\]+)')
_ESCAPES = (("\\u2623", "☣"), ("\\/", "/"))
_PARSERS: dict[str, Callable[[str], object]] = {
    exercises.PERSEUS_QUESTION: perseus_json.parse,
    exercises.QTI: qti_xml.parse,
}
_FORMATS = frozenset(form.id for form in file_formats.FORMATLIST)


def disallowed_fields(item: AssessmentItemData) -> dict[str, list[str]]:
    """Error sentences by field for fields that a question of this type cannot have."""
    if item["type"] in RAW_TYPES:
        filled = [name for name in ("question", "answers", "hints") if item[name]]
        return {name: [f"A question of type {item['type']} has only raw_data. Leave this empty."] for name in filled}
    if item["raw_data"]:
        return {"raw_data": [f"Only {' and '.join(sorted(RAW_TYPES))} questions have raw_data. Leave this empty."]}
    return {}


def invalid_raw_data(item: AssessmentItemData) -> dict[str, list[str]]:
    """Error sentences by field for raw data that could not be published. Blank raw data is allowed until then."""
    problem = raw_data_problem(item) if item["raw_data"].strip() else None
    return {"raw_data": [f"This {problem}"]} if problem else {}


def raw_data_problem(item: AssessmentItemData) -> str | None:
    """Why raw data cannot be published, as the end of a sentence that starts with "its raw data"; None if it can, and
    for questions of other types. If it was found before, it is not parsed again."""
    parse = _PARSERS.get(item["type"])
    if parse is None or "raw_data_problem" in item:
        return item.get("raw_data_problem") or None
    if not item["raw_data"].strip():
        return "is empty."
    if len(item["raw_data"]) > MAX_RAW_DATA:
        return f"has more than {MAX_RAW_DATA} characters. Shorten it."
    try:
        parse(item["raw_data"])
    except (perseus_json.InvalidPerseus, qti_xml.InvalidQti) as error:
        return str(error)
    return None


def images(item: AssessmentItemData) -> list[str]:
    """The distinct names of the images that a question's texts reference, in order of appearance.

    Raw data also references graphies (drawings) by their original names, which are left out.
    """
    texts = [item["question"], *_strings(item["answers"], "answer"), *_strings(item["hints"], "hint")]
    names = [name for text in texts for name in _IMAGE.findall(text)]
    names += [name for name in _IMAGE.findall(_unescaped(item["raw_data"])) if split_filename(name)]
    return list(dict.fromkeys(names))


def shown(item: AssessmentItemData) -> list[str]:
    """The distinct names of all images that a question shows. QTI items may also reference them by relative paths."""
    beside = qti_xml.stored_names(item["raw_data"]) if item["type"] == exercises.QTI else []
    return list(dict.fromkeys([*images(item), *beside]))


def _unescaped(raw_data: str) -> str:
    """Raw data with the signs of references as they are, which JSON may write as escapes, as Python does."""
    for escape, sign in _ESCAPES:
        raw_data = raw_data.replace(escape, sign)
    return raw_data


def _strings(rows: list[dict[str, object]], name: str) -> list[str]:
    return [value for row in rows if isinstance(value := row.get(name), str)]


def is_image_name(name: str) -> bool:
    """Whether a name has the form of a stored file's name."""
    parts = split_filename(name)
    return parts is not None and parts[1] in _FORMATS


def files_of(item: AssessmentItemData, sizes: Mapping[str, int]) -> list[FileData]:
    """The files of a question after its texts changed.

    Images that it no longer shows are removed and images that it now shows are added. `sizes` are the sizes of stored
    files in bytes, by name; images that are not stored are left out.
    """
    names = shown(item)
    remaining = [f for f in item["files"] if f["preset"] != format_presets.EXERCISE_IMAGE or file_name(f) in names]
    present = {file_name(file) for file in remaining}
    return remaining + [_image(item, name, sizes[name]) for name in names if name not in present and name in sizes]


def unlisted(item: AssessmentItemData) -> list[str]:
    """The names of stored files' form that a question shows and that are not among its files."""
    present = {file_name(file) for file in item["files"]}
    return [name for name in shown(item) if is_image_name(name) and name not in present]


def with_unlisted(item: AssessmentItemData, sizes: Mapping[str, int]) -> AssessmentItemData:
    """A question that lists the stored images that it shows. `sizes` are those of stored files in bytes, by name."""
    added = [_image(item, name, sizes[name]) for name in unlisted(item) if name in sizes]
    return {**item, "files": [*item["files"], *added]} if added else item


def file_name(file: FileData) -> str:
    """The name under which a file is stored."""
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
