"""Field types for the constants of le-utils: kinds, presets, licences, languages, labels. Requests may send names."""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Annotated, Any

from le_utils.constants import (
    content_kinds,
    exercises,
    file_formats,
    format_presets,
    languages,
    licenses,
    roles,
)
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from chalicelib.domain.exercises import questions
from chalicelib.schemas import vocabularies
from chalicelib.schemas.base import not_a_choice, refuse


def _one_of(known: Collection[str], vocabulary: str) -> Callable[[str], str]:
    return lambda value: coded(value, known, vocabulary)


def coded(value: str, known: Collection[str], vocabulary: str) -> str:
    """The code that is sent as itself or as its name, such as "Video" for "video". Refuses other texts."""
    code = value if value in known else vocabularies.code_of(vocabulary, value)
    if code is None:
        raise not_a_choice(value, known)
    return str(code)


@cache
def _is_language(code: str) -> bool:
    return languages.getlang(code) is not None


def _language(value: str) -> str:
    code = value if _is_language(value) else vocabularies.code_of("Language", value)
    if code is None:
        raise refuse(f'"{value[:60]}" is not a language of le-utils. Send its code, such as en or pt-BR, or its name.')
    return str(code)


def _label_list(value: Any) -> Any:
    """Convert labels, sent as a list or as a map {label: true or false}, to a list; null means none."""
    if isinstance(value, dict):
        return [label for label, chosen in value.items() if chosen]
    if isinstance(value, list) and all(isinstance(label, str) for label in value):
        return list(dict.fromkeys(value))
    return [] if value is None else value


def one_of(known: Iterable[str]) -> WithJsonSchema:
    """The JSON schema of text that is one of `known`."""
    return WithJsonSchema({"type": "string", "enum": sorted(known)})


def written_set(known: Collection[str]) -> WithJsonSchema:
    """The JSON schema of a set of labels: a list, a map {label: true or false}, or null."""
    names = {"type": "string", "enum": sorted(known)}
    as_map = {"type": "object", "propertyNames": names, "additionalProperties": {"type": "boolean"}}
    return WithJsonSchema({"anyOf": [{"type": "array", "items": names}, as_map, {"type": "null"}]})


def _labels(known: Collection[str], vocabulary: str) -> Any:
    items = Annotated[str, AfterValidator(_one_of(known, vocabulary))]
    return Annotated[list[items], BeforeValidator(_label_list), written_set(known)]


KINDS = frozenset(kind for kind, _ in content_kinds.choices)
PRESETS = {preset.id: preset for preset in format_presets.PRESETLIST}
FORMATS = {form.id: form for form in file_formats.FORMATLIST}
LICENSES = {license.name: license for license in licenses.LICENSELIST}
_LICENSE_NAMES = {license.id: license.name for license in licenses.LICENSELIST}
_LICENSE = {"anyOf": [{"type": "string", "enum": sorted(LICENSES)}, {"type": "integer", "enum": list(_LICENSE_NAMES)}]}


def _license(value: Any) -> Any:
    """Look up the name of a licence, which is sent by name or by its id in le-utils."""
    if isinstance(value, int) and not isinstance(value, bool) and value in _LICENSE_NAMES:
        return _LICENSE_NAMES[value]
    if isinstance(value, str) and value not in LICENSES:
        value = vocabularies.code_of("LicenseName", value) or value
    if not isinstance(value, str) or value not in LICENSES:
        choices = ", ".join(f"{id} ({name})" for id, name in _LICENSE_NAMES.items())
        raise refuse(f'"{str(value)[:60]}" is not a licence of le-utils. Send an id or a name: {choices}.')
    return value


MASTERY_MODELS = frozenset(model for model, _ in exercises.MASTERY_MODELS)

ROLES = frozenset(role for role, _ in roles.choices)
QUESTIONS = questions.TYPES
_SPOKEN = {"type": "string", "x-choices": "Language"}

Kind = Annotated[str, AfterValidator(_one_of(KINDS, "Kind")), one_of(KINDS)]
Preset = Annotated[str, AfterValidator(_one_of(PRESETS, "Preset")), one_of(PRESETS)]
FileFormat = Annotated[str, AfterValidator(_one_of(FORMATS, "FileFormat")), one_of(FORMATS)]
LicenseName = Annotated[str, BeforeValidator(_license), WithJsonSchema(_LICENSE)]  # sent by name or id
Language = Annotated[str, AfterValidator(_language), WithJsonSchema(_SPOKEN)]
Role = Annotated[str, AfterValidator(_one_of(ROLES, "Role")), one_of(ROLES)]
QuestionType = Annotated[str, AfterValidator(_one_of(QUESTIONS, "QuestionType")), one_of(QUESTIONS)]

GradeLevels = _labels(frozenset(levels.LEVELSLIST), "GradeLevel")
ResourceTypes = _labels(frozenset(resource_type.RESOURCETYPELIST), "ResourceType")
LearningActivities = _labels(frozenset(learning_activities.LEARNINGACTIVITIESLIST), "Activity")
AccessibilityLabels = _labels(frozenset(accessibility_categories.ACCESSIBILITYCATEGORIESLIST), "Accessibility")
Categories = _labels(frozenset(subjects.SUBJECTSLIST), "Category")
LearnerNeeds = _labels(frozenset(needs.NEEDSLIST), "Need")
