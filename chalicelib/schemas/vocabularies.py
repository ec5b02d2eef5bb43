"""The vocabularies of the API: the codes of le-utils and of ISO 3166, each with its name.

Requests may name a value instead of sending its code: "Daily Life" for "PbGoe2MV". The names are looked up only then,
and for descriptions of the API.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

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

from chalicelib.domain.exercises import questions

Names = Mapping[str | int, str]  # by code

_COUNTRIES = Path(__file__).with_name("countries.txt")


def _presets() -> dict[str, str]:
    """Names of presets, with the kind of content where several have the same name."""
    all_names = [name for _, name in format_presets.choices]
    kinds = {preset.id: preset.kind for preset in format_presets.PRESETLIST}
    return {
        id: f"{name} ({kinds[id] or 'topic'})" if all_names.count(name) > 1 else name
        for id, name in format_presets.choices
    }


def _countries() -> dict[str, str]:
    lines = _COUNTRIES.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines)


# The keys name the types in the OpenAPI document.
VOCABULARIES: Mapping[str, Callable[[], Iterable[tuple[str | int, str]]]] = {
    "Kind": lambda: content_kinds.choices,
    "Preset": lambda: _presets().items(),
    "FileFormat": lambda: file_formats.choices,
    "LicenseName": lambda: ((one.name, one.name) for one in licenses.LICENSELIST),
    "LicenseId": lambda: ((one.id, one.name) for one in licenses.LICENSELIST),
    "Language": lambda: ((one.code, _language_name(one)) for one in languages.LANGUAGELIST),
    "Role": lambda: roles.choices,
    "QuestionType": lambda: ((questions.TRUE_FALSE, "True/False"), *exercises.question_choices),
    "MasteryModel": lambda: exercises.MASTERY_MODELS,
    "GradeLevel": lambda: levels.choices,
    "ResourceType": lambda: resource_type.choices,
    "Activity": lambda: learning_activities.choices,
    "Accessibility": lambda: accessibility_categories.choices,
    "Category": lambda: subjects.choices,
    "Need": lambda: needs.choices,
    "Country": lambda: _countries().items(),
}


def _language_name(one: languages.Language) -> str:
    return one.name if one.name == one.native_name else f"{one.name} – {one.native_name}"


@cache
def names(vocabulary: str) -> Names:
    """The name of each code of a vocabulary."""
    return dict(VOCABULARIES[vocabulary]())


def code_of(vocabulary: str, text: str) -> str | int | None:
    """The code with this name, ignoring case; None if no code has it, or several do. A code is not a name.

    Of the codes of one language, the shortest counts: `sw`, not `swa`; `sv`, not `sv-FI`.
    """
    codes = sorted(_codes(vocabulary).get(_plain(text), ()), key=lambda code: len(str(code)))
    is_clear = len(codes) == 1 or (vocabulary == "Language" and codes and len(str(codes[0])) < len(str(codes[1])))
    return codes[0] if is_clear else None


@cache
def _codes(vocabulary: str) -> dict[str, set[str | int]]:
    found: dict[str, set[str | int]] = {}
    for code, name in names(vocabulary).items():
        for known_as in {name, *_other_names(vocabulary, str(code))}:
            found.setdefault(_plain(known_as), set()).add(code)
    return found


def _other_names(vocabulary: str, code: str) -> list[str]:
    """What a language is called besides: "Spanish; Castilian" is found as either, and by its own name."""
    if vocabulary != "Language":
        return []
    one = languages.getlang(code)
    return [one.name, one.native_name, *one.name.split(";"), *one.native_name.split(",")] if one else []


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())
