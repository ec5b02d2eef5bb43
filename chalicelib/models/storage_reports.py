"""What users' files take by kind and by channel, as counted last. `uploads` and `file_references` are the truth.

| access pattern | key condition | used by |
| --- | --- | --- |
| the report of a user | `user_id` | `GET /api/user/me/storage` |

A report is of the time at which the user was charged for `used` bytes. It follows from other tables at any time.
"""

from datetime import datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now, update_if

PAUSE = 60  # seconds after a count was requested in which no other is


class StorageReport(Table):
    class Meta:
        table_name = "storage_reports"

    user_id = UnicodeAttribute(hash_key=True)
    counted = UTCDateTimeAttribute(null=True)  # None before the first count
    used = NumberAttribute(default=0)  # bytes
    result: "JSONAttribute" = JSONAttribute(null=True)
    requested = NumberAttribute(default=0)  # Unix time at which a count was requested last


def get(user_id: str) -> StorageReport | None:
    """The report of a user, which may not be counted yet."""
    return find(StorageReport, user_id)


def request(user_id: str) -> bool:
    """Record that a count is requested. Returns False if one was, less than PAUSE ago."""
    moment = int(now().timestamp())
    is_due: Any = StorageReport.user_id.does_not_exist() | (StorageReport.requested <= moment - PAUSE)
    return update_if(StorageReport(user_id), [StorageReport.requested.set(moment)], is_due)


def save(user_id: str, counted: datetime, used: int, result: dict[str, Any]) -> None:
    """Store a count, unless a later one is stored. `counted` is the time before its first read."""
    values = {"counted": counted, "used": used, "result": result}
    actions = [getattr(StorageReport, name).set(value) for name, value in values.items()]
    older: Any = StorageReport.counted.does_not_exist() | (StorageReport.counted <= counted)
    update_if(StorageReport(user_id), actions, older)
