"""Comparison of an exercise's questions in two trees. Questions are matched by assessment_id."""

from typing import Any

from chalicelib.domain.types import AssessmentItemData, NodeData

MAX_TEXT_LENGTH = 300  # characters of a question in a diff
_COMPARED = ("type", "question", "answers", "hints", "raw_data", "source_url", "randomize", "order")


def compare(node: NodeData, old: list[AssessmentItemData], new: list[AssessmentItemData]) -> dict[str, Any]:
    """The sections of a diff about the questions of one exercise.

    `raw_data` is only compared, so a digest may stand for large raw data.
    """
    before = {item["assessment_id"]: item for item in old}
    after = {item["assessment_id"]: item for item in new}
    return {
        "questions_added": [_line(node, item) for id, item in after.items() if id not in before],
        "questions_removed": [_line(node, item) for id, item in before.items() if id not in after],
        "questions_changed": [
            {**_line(node, item), "fields": fields}
            for id, item in after.items()
            if id in before and (fields := _changed_fields(before[id], item))
        ],
    }


def _changed_fields(old: AssessmentItemData, new: AssessmentItemData) -> list[str]:
    fields = [name for name in _COMPARED if old[name] != new[name]]  # type: ignore[literal-required]
    return fields + (["files"] if _files(old) != _files(new) else [])


def _files(item: AssessmentItemData) -> set[tuple[str, str]]:
    return {(file["checksum"], file["preset"]) for file in item["files"]}


def _line(node: NodeData, item: AssessmentItemData) -> dict[str, Any]:
    return {
        "node_id": node["node_id"],
        "title": node["title"],
        "assessment_id": item["assessment_id"],
        "type": item["type"],
        "question": item["question"][:MAX_TEXT_LENGTH],
    }
