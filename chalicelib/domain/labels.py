"""Lookup of le_utils labels by id or by name, ignoring case ("mathematics", "lesson plan")."""

from collections.abc import Iterable

from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)

_CHOICES = {
    "grade_levels": levels.choices,
    "resource_types": resource_type.choices,
    "learning_activities": learning_activities.choices,
    "accessibility_labels": accessibility_categories.choices,
    "categories": subjects.choices,
    "learner_needs": needs.choices,
}


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip()


def _ids_by_word(field: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for id, name in _CHOICES[field]:
        found.setdefault(id, set()).add(id)
        found.setdefault(_plain(name), set()).add(id)
    return {word: frozenset(ids) for word, ids in found.items()}


_IDS = {field: _ids_by_word(field) for field in _CHOICES}


def ids_of(field: str, word: str) -> frozenset[str]:
    """Find the ids of the labels with this id or name in one of the fields `LABELS`; empty if there are none."""
    ids = _IDS[field]
    return ids.get(word.strip()) or ids.get(_plain(word)) or frozenset()


def has_label(labels: Iterable[str], wanted: frozenset[str]) -> bool:
    """Whether any of the labels is a wanted one or one of its descendants: "a.b.c" is a descendant of "a.b"."""
    return any(label == id or label.startswith(f"{id}.") for label in labels for id in wanted)
