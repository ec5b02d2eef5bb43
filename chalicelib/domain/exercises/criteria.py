"""Validation of the mastery and completion criteria in a node's `extra_fields`."""

import re
from functools import cache
from typing import Any

from le_utils.constants import completion_criteria, content_kinds, exercises, mastery_criteria

_WHOLE = re.compile(r"[0-9]{1,6}")
_TIMED = frozenset({completion_criteria.TIME, completion_criteria.APPROX_TIME, completion_criteria.REFERENCE})
_INTERACTIVE = _TIMED | {completion_criteria.DETERMINED_BY_RESOURCE}

# As in Kolibri Studio. Kinds that are missing here cannot have a completion criterion.
MODELS_OF_KIND = {
    content_kinds.DOCUMENT: _TIMED | {completion_criteria.PAGES},
    content_kinds.EXERCISE: frozenset({completion_criteria.MASTERY}),
    content_kinds.HTML5: _INTERACTIVE,
    content_kinds.H5P: _INTERACTIVE,
    content_kinds.ZIM: _INTERACTIVE,
    content_kinds.AUDIO: _TIMED,
    content_kinds.VIDEO: _TIMED,
    content_kinds.SLIDESHOW: _INTERACTIVE,
}


def criterion_of(extra_fields: dict[str, Any]) -> dict[str, Any] | None:
    """The completion criterion in a node's extra fields; None if there is none."""
    options = extra_fields.get("options")
    criterion = options.get("completion_criteria") if isinstance(options, dict) else None
    return criterion if isinstance(criterion, dict) and criterion else None


def problem(kind: str, extra_fields: dict[str, Any]) -> str | None:
    """A sentence that says what is wrong with the criteria in a node's extra fields; None if they are valid."""
    options = extra_fields.get("options")
    if options is not None and not isinstance(options, dict):
        return "options must be an object."
    criterion = (options or {}).get("completion_criteria")
    if criterion is not None and not _follows_schema(criterion):
        return "options.completion_criteria must match the completion_criteria schema of le-utils."
    return _legacy_problem(extra_fields) if kind == content_kinds.EXERCISE else None


def is_allowed_for_kind(kind: str, extra_fields: dict[str, Any]) -> bool:
    """Whether the completion criterion, if there is one, is valid and has a model that the kind allows."""
    criterion = criterion_of(extra_fields)
    if criterion is None:
        return True
    model = criterion.get("model")
    allowed = MODELS_OF_KIND.get(kind, frozenset())
    return isinstance(model, str) and model in allowed and _follows_schema(criterion)


def has_mastery(extra_fields: dict[str, Any]) -> bool:
    """Whether an exercise has a mastery model, either in the old form (`mastery_model`) or as a criterion."""
    if criterion_of(extra_fields) is not None:
        return True
    model = extra_fields.get("mastery_model")
    if model == exercises.M_OF_N:
        return all(_WHOLE.fullmatch(str(extra_fields.get(name))) and int(extra_fields[name]) for name in ("m", "n"))
    return model is not None


def _legacy_problem(extra_fields: dict[str, Any]) -> str | None:
    model = extra_fields.get("mastery_model")
    if model is not None and (not isinstance(model, str) or model not in dict(exercises.MASTERY_MODELS)):
        return f"mastery_model must be one of {', '.join(dict(exercises.MASTERY_MODELS))}."
    for name in ("m", "n"):
        value = extra_fields.get(name)
        if value is not None and (isinstance(value, bool) or not _WHOLE.fullmatch(str(value))):
            return f"{name} must be a whole number of at most 6 digits."
    if not isinstance(extra_fields.get("randomize", True), bool):
        return "randomize must be true or false."
    return None


def _follows_schema(criterion: Any) -> bool:
    return bool(_validator().is_valid(criterion))


@cache
def _validator() -> Any:
    # Imported here because jsonschema is slow to import and few requests contain a criterion.
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource

    mastery = Resource.from_contents(mastery_criteria.SCHEMA)
    registry: Any = Registry().with_resource("/schemas/mastery_criteria", mastery)
    return Draft7Validator(completion_criteria.SCHEMA, registry=registry)
