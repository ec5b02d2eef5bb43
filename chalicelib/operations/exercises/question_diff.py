"""Questions of copies: as those of what they were copied from, and what differs."""

import json
from typing import Any

from chalicelib.domain.ids import derived_id
from chalicelib.models.assessment_items import AssessmentItem

MAX_CHANGED = 40  # changed in one transaction
MAX_BYTES = 2_500_000  # in one transaction


def copied(items: list[AssessmentItem], node_id: str) -> list[AssessmentItem]:
    """Questions as another exercise has them; raw data that lies apart is shared."""
    return [_copied(item, node_id) for item in items]


def _copied(item: AssessmentItem, node_id: str) -> AssessmentItem:
    files = [{**file, "id": derived_id(node_id, file["id"])} for file in item.files]
    return AssessmentItem(**{**item.attribute_values, "contentnode_id": node_id, "files": files})


def differing(
    own: list[AssessmentItem], wanted: list[AssessmentItem]
) -> tuple[list[AssessmentItem], list[AssessmentItem]]:
    """(questions to write, questions to delete) on the way from some to others, as many as one transaction takes."""
    present = {item.assessment_id: _stored(item) for item in own}
    put: list[AssessmentItem] = []
    room = MAX_BYTES
    for item in wanted:
        room -= size_of(item) if _stored(item) != present.get(item.assessment_id) else 0
        if put and room < 0:
            break
        if _stored(item) != present.get(item.assessment_id):
            put.append(item)
    kept = {item.assessment_id for item in wanted}
    gone = [item for item in own if item.assessment_id not in kept]
    return put[:MAX_CHANGED], gone[: max(0, MAX_CHANGED - len(put))]


def after(own: list[AssessmentItem], put: list[AssessmentItem], gone: list[AssessmentItem]) -> list[AssessmentItem]:
    """The questions when these are written and those deleted."""
    changed = {item.assessment_id: item for item in (*own, *put)}
    return [item for id, item in changed.items() if id not in {one.assessment_id for one in gone}]


def size_of(item: AssessmentItem) -> int:
    """Bytes of a question in the table, about."""
    return len(json.dumps(item.attribute_values))


def _stored(item: AssessmentItem) -> dict[str, Any]:
    return {name: value for name, value in item.attribute_values.items() if value is not None}
