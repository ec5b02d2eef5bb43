"""Copy the questions of an exercise, and compare them with those of a copy."""

import json
from typing import Any

from chalicelib.domain.ids import derived_id
from chalicelib.models.assessment_items import AssessmentItem

MAX_CHANGED = 40  # questions written or deleted per transaction
MAX_BYTES = 2_500_000  # of questions per transaction


def copied(items: list[AssessmentItem], node_id: str) -> list[AssessmentItem]:
    """Return copies of questions for another exercise. Raw data that is stored separately is shared."""
    return [_copied(item, node_id) for item in items]


def _copied(item: AssessmentItem, node_id: str) -> AssessmentItem:
    files = [{**file, "id": derived_id(node_id, file["id"])} for file in item.files]
    return AssessmentItem(**{**item.attribute_values, "contentnode_id": node_id, "files": files})


def differing(
    present: list[AssessmentItem], wanted: list[AssessmentItem]
) -> tuple[list[AssessmentItem], list[AssessmentItem]]:
    """Return (questions to write, questions to delete) to get from the present to the wanted questions.

    At most as many as one transaction can hold: repeat until both lists are empty.
    """
    stored = {item.assessment_id: _stored(item) for item in present}
    put: list[AssessmentItem] = []
    room = MAX_BYTES
    for item in wanted:
        room -= size_of(item) if _stored(item) != stored.get(item.assessment_id) else 0
        if put and room < 0:
            break
        if _stored(item) != stored.get(item.assessment_id):
            put.append(item)
    wanted_ids = {item.assessment_id for item in wanted}
    removed = [item for item in present if item.assessment_id not in wanted_ids]
    return put[:MAX_CHANGED], removed[: max(0, MAX_CHANGED - len(put))]


def after(
    present: list[AssessmentItem], put: list[AssessmentItem], removed: list[AssessmentItem]
) -> list[AssessmentItem]:
    """Return the questions after writing `put` and deleting `removed`."""
    changed = {item.assessment_id: item for item in (*present, *put)}
    return [item for id, item in changed.items() if id not in {one.assessment_id for one in removed}]


def size_of(item: AssessmentItem) -> int:
    """Return the approximate bytes of a question in the table."""
    return len(json.dumps(item.attribute_values))


def _stored(item: AssessmentItem) -> dict[str, Any]:
    return {name: value for name, value in item.attribute_values.items() if value is not None}
