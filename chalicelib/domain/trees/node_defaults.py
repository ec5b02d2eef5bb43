"""Default metadata of new nodes: a channel's `content_defaults`, as Studio's editor applies them."""

from collections.abc import Mapping
from typing import Any

from le_utils.constants import completion_criteria, content_kinds, exercises, mastery_criteria

from chalicelib.domain.trees.node_edits import merged
from chalicelib.domain.types import CREDITS

_PLAIN = (*CREDITS, "language")
_MODELS = frozenset(mastery_criteria.SCHEMA["definitions"]["mastery_model"]["enum"]) - {exercises.PRE_POST_TEST}


def of_new_node(kind: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new node that its creator did not give, from the defaults that were set on its channel.

    Topics have none. An exercise without a mastery criterion gets that of the defaults, if they name a mastery model.
    `given` are the fields that the creator gave.
    """
    if kind == content_kinds.TOPIC:
        return {}
    fields = {name: defaults[name] for name in _PLAIN if defaults.get(name) and name not in given}
    if kind == content_kinds.EXERCISE:
        fields["extra_fields"] = _of_exercise(defaults, given.get("extra_fields") or {})
    return fields


def with_randomize(extra_fields: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The extra fields of an exercise, which is randomized unless it or the defaults say otherwise."""
    randomize = extra_fields.get("randomize")
    default = bool(defaults.get("auto_randomize_questions", True))
    return {**extra_fields, "randomize": default if randomize is None else randomize}


def _of_exercise(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    present = with_randomize(given, defaults)
    criterion, options = _criterion(defaults), present.get("options") or {}
    if not criterion or "mastery_model" in present or not isinstance(options, dict) or "completion_criteria" in options:
        return present
    return merged(present, {"options": {"completion_criteria": criterion}})


def _criterion(defaults: Mapping[str, Any]) -> dict[str, Any] | None:
    """The mastery criterion of the defaults; None without a model that le-utils allows in a criterion."""
    model = defaults.get("mastery_model")
    if model not in _MODELS:
        return None
    numbers = {"m": defaults.get("m_value") or 5, "n": defaults.get("n_value") or 5}
    threshold = {"mastery_model": model, **(numbers if model == exercises.M_OF_N else {})}
    return {"model": completion_criteria.MASTERY, "threshold": threshold, "learner_managed": False}
