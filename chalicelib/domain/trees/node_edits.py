"""Changes of a node's nested fields: labels and tags as sets, extra fields as maps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from le_utils.constants import content_kinds
from le_utils.constants.labels import learning_activities

ACTIVITY_OF_KIND = {
    content_kinds.AUDIO: learning_activities.LISTEN,
    content_kinds.DOCUMENT: learning_activities.READ,
    content_kinds.EXERCISE: learning_activities.PRACTICE,
    content_kinds.H5P: learning_activities.EXPLORE,
    content_kinds.HTML5: learning_activities.EXPLORE,
    content_kinds.VIDEO: learning_activities.WATCH,
}


@dataclass(frozen=True)
class SetChange:
    """A change of a set: `values` says which values to include or remove. `whole` removes all others."""

    values: dict[str, bool]
    whole: bool


def changed_set(change: SetChange, present: list[str]) -> list[str]:
    """Apply a change to a set. Values are in the order in which they were added."""
    remaining = [] if change.whole else [value for value in present if change.values.get(value, True)]
    return list(dict.fromkeys([*remaining, *(value for value, wanted in change.values.items() if wanted)]))


def merged(present: Mapping[str, Any], changes: Mapping[str, Any], depth: int = 2) -> dict[str, Any]:
    """Apply changes to extra fields: null removes a field, objects are merged down to `depth`, others are replaced."""
    result = dict(present)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif depth > 1 and isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value, depth - 1)
        else:
            result[name] = value
    return result
