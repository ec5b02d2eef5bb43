"""The names of le-utils for what is stored as a code. An unknown code is its own name."""

from functools import cache

from le_utils.constants import content_kinds, format_presets, languages, licenses
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)

_LABELS = (subjects, levels, learning_activities, resource_type, accessibility_categories, needs)


@cache
def _labels() -> dict[str, str]:
    return {id: name for module in _LABELS for id, name in module.choices}


@cache
def _licences() -> dict[str, str]:
    found = {str(one.id): one.name for one in licenses.LICENSELIST}
    return found | {one.name: one.name for one in licenses.LICENSELIST}


@cache
def _kinds() -> dict[str, str]:
    return dict(content_kinds.choices)


def label(code: str) -> str:
    """The name of a label of any kind."""
    return _labels().get(code, code)


def licence(code: int | str | None) -> str:
    """The name of a licence, by its number or name."""
    return _licences().get(str(code), str(code or ""))


def language(code: str | None) -> str:
    """The name of a language in that language and in English."""
    found = languages.getlang(code) if code else None
    if found is None:
        return code or ""
    native, name = found.native_name.partition(",")[0].strip(), found.name.partition(";")[0].strip()
    return name if native in ("", name) else f"{native} ({name})"


@cache
def all_languages() -> list[tuple[str, str]]:
    """(code, name) of the languages that can be chosen, by name in English."""
    codes = sorted(languages.LANGUAGELIST, key=lambda one: one.name.casefold())
    return [(one.code, language(one.code)) for one in codes]


def kind(code: str | None) -> str:
    """The name of a kind of content."""
    return _kinds().get(code or "", code or "")


@cache
def _presets() -> dict[str, str]:
    return dict(format_presets.choices)


def preset(code: str | None) -> str:
    """The name of what a file is for."""
    return _presets().get(code or "", code or "")


FILTERS = {"label": label, "licence": licence, "language": language, "kind": kind, "preset": preset}
