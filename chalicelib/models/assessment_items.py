"""Questions of exercises.

| access pattern | key condition | used by |
| --- | --- | --- |
| the questions of an exercise | `contentnode_id` | publish, lists |
| one question, or many | `contentnode_id`, `assessment_id` (batches) | assessmentitem, file |

Raw data over 100 kB is stored in S3 (`raw_data_key`), as a DynamoDB item holds at most 400 kB. `raw_data_problem` says
whether it can be published, so that nobody has to parse it again; questions of earlier versions have none.
"""

import hashlib
from typing import Any, cast

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import storage
from chalicelib.domain.exercises import questions
from chalicelib.domain.storage_keys import raw_data_key
from chalicelib.domain.types import AssessmentItemData
from chalicelib.models.base import Table, in_parallel, read_many, write_many

MAX_INLINE_BYTES = 100 * 1024  # bytes of raw data


class AssessmentItem(Table):
    class Meta:
        table_name = "assessment_items"

    contentnode_id = UnicodeAttribute(hash_key=True)
    assessment_id = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    question = UnicodeAttribute(default="")
    answers = JSONAttribute(default=list)
    hints = JSONAttribute(default=list)
    raw_data = UnicodeAttribute(default="")
    raw_data_key = UnicodeAttribute(null=True)
    raw_data_problem = UnicodeAttribute(null=True)  # "" if there is none
    source_url = UnicodeAttribute(null=True)
    randomize = BooleanAttribute(default=False)
    order = NumberAttribute(default=0)
    files = JSONAttribute(default=list)


_FIELDS = tuple(name for name in AssessmentItemData.__annotations__ if name != "raw_data_problem")


def save(items: list[AssessmentItemData]) -> None:
    """Write questions, replacing existing ones."""
    write_many(puts=in_parallel(from_data, items))


def of(contentnode_id: str) -> list[AssessmentItemData]:
    """The questions of an exercise, in order."""
    found = [to_data(item) for item in AssessmentItem.query(contentnode_id, consistent_read=True)]
    return sorted(found, key=lambda item: (item["order"], item["assessment_id"]))


def part_of(contentnode_id: str, start: int, count: int) -> tuple[list[AssessmentItemData], int]:
    """Up to `count` questions of an exercise from the place `start` in their order, and the number of all.

    The order is an attribute, so places of all are read; only the questions of the part are, with their raw data.
    """
    names = ["contentnode_id", "assessment_id", "order"]
    rows = AssessmentItem.query(contentnode_id, consistent_read=True, attributes_to_get=names)
    keys = [(row.contentnode_id, row.assessment_id) for row in sorted(rows, key=_place)]
    wanted = keys[start : start + count]
    found = sorted(read_many({AssessmentItem: wanted})[AssessmentItem], key=_place)
    return in_parallel(to_data, found), len(keys)


def _place(item: AssessmentItem) -> tuple[int, str]:
    return int(item.order), item.assessment_id


def keys_of(contentnode_id: str) -> list[tuple[str, str]]:
    """The keys of an exercise's questions."""
    names = ["contentnode_id", "assessment_id"]
    found = AssessmentItem.query(contentnode_id, consistent_read=True, attributes_to_get=names)
    return [(item.contentnode_id, item.assessment_id) for item in found]


def as_stored(contentnode_id: str) -> list[AssessmentItem]:
    """The stored items of an exercise's questions, in order; raw data in S3 is not fetched."""
    found = AssessmentItem.query(contentnode_id, consistent_read=True)
    return sorted(found, key=_place)


def outline(item: AssessmentItem) -> AssessmentItemData:
    """The plain data of a question; if its raw data is stored in S3, `raw_data` is the S3 key. Raw data in S3 whose
    problem is not known counts as sound until it is published."""
    fields = {name: getattr(item, name) for name in _FIELDS}
    problem = "" if item.raw_data_key and item.raw_data_problem is None else item.raw_data_problem
    known = {} if problem is None else {"raw_data_problem": problem}
    return cast(AssessmentItemData, {**fields, "raw_data": item.raw_data_key or item.raw_data, **known})


def lies_apart(data: AssessmentItemData) -> bool:
    """Whether a question's raw data is too large for the table and is stored in S3."""
    return len(data["raw_data"].encode()) > MAX_INLINE_BYTES


def from_data(data: AssessmentItemData) -> AssessmentItem:
    """Build the item of a question; large raw data is written to S3."""
    fields: dict[str, Any] = {name: data[name] for name in _FIELDS}  # type: ignore[literal-required]
    if data["type"] in questions.RAW_TYPES:
        fields["raw_data_problem"] = questions.raw_data_problem(data) or ""
    if lies_apart(data):
        raw = data["raw_data"].encode()
        key = raw_data_key(hashlib.sha256(raw).hexdigest())
        storage.put(key, raw, "application/json")
        fields |= {"raw_data": "", "raw_data_key": key}
    return AssessmentItem(**fields)


def to_data(item: AssessmentItem) -> AssessmentItemData:
    """The plain data of a question; large raw data is read from S3."""
    fields = {name: getattr(item, name) for name in _FIELDS}
    if item.raw_data_key:
        fields["raw_data"] = storage.read(item.raw_data_key).decode()
    return cast(AssessmentItemData, fields)
