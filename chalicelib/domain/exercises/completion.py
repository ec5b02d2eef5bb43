"""Whether a node is complete, which it must be to be published."""

from typing import Any

from le_utils.constants import content_kinds, exercises, format_presets, licenses

from chalicelib.domain.exercises import criteria
from chalicelib.domain.types import AssessmentItemData, NodeData

_LICENSES = {license.name: license for license in licenses.LICENSELIST}
_SUPPLEMENTARY = {preset.id for preset in format_presets.PRESETLIST if preset.supplementary}
_ANY_ANSWERS = frozenset({exercises.INPUT_QUESTION, exercises.FREE_RESPONSE})
_RAW = frozenset({exercises.PERSEUS_QUESTION, exercises.QTI})


def is_complete(node: NodeData, items: list[AssessmentItemData]) -> bool:
    """Whether a node has everything that its kind requires. The root of a tree requires no title."""
    if node["parent_id"] is not None and not node["title"].strip():
        return False
    if node["kind"] == content_kinds.TOPIC:
        return True
    if not _has_license(node) or not criteria.is_allowed_for_kind(node["kind"], node["extra_fields"]):
        return False
    if node["kind"] == content_kinds.EXERCISE:
        return any(map(_is_answerable, items)) and criteria.has_mastery(node["extra_fields"])
    return any(file["preset"] not in _SUPPLEMENTARY for file in node["files"])


def _has_license(node: NodeData) -> bool:
    license: Any = _LICENSES.get(node["license"] or "")
    if license is None:
        return False
    if license.custom and not (node["license_description"] or "").strip():
        return False
    return bool(node["copyright_holder"].strip()) or not license.copyright_holder_required


def _is_answerable(item: AssessmentItemData) -> bool:
    if item["type"] in _RAW:
        return bool(item["raw_data"].strip())
    if not item["question"].strip():
        return False
    return item["type"] in _ANY_ANSWERS or any(answer.get("correct") for answer in item["answers"])
