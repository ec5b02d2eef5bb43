"""The files that each user is charged for, once each: those in channels that the user owns, and uploads under way.

| access pattern | key condition | used by |
| --- | --- | --- |
| whether a user is charged for files | `user_id`, `filename` (batches) | upload_url, add_nodes, giving storage back |
| all files of a user | `user_id` | recount |
| the files that a user is uploading in parts | `user_id`, beginning of `filename` | the limit of open uploads |
| uploads that end in an hour | index `expiry-index`: `expires_hour`, `expires` before now | abandoned uploads |

`User.disk_space_left` changes in the transaction that changes these items, so the two always agree. A requested upload
is under way until `expires`, whether it arrives or not; an item without it is charged for its use in a channel only.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, cast

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.models.base import MAX_TRANSACTION, Condition, Table, Transaction, query_raw, read_many, transact
from chalicelib.models.lazy import to_read
from chalicelib.models.users import User

MAX_CHANGES = MAX_TRANSACTION - 1  # files per transaction, which also changes the user


class ExpiryIndex(GlobalSecondaryIndex["Upload"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "expiry-index"
        projection = KeysOnlyProjection()

    expires_hour = UnicodeAttribute(hash_key=True)
    expires = NumberAttribute(range_key=True)


class Upload(Table):
    class Meta:
        table_name = "uploads"

    user_id = UnicodeAttribute(hash_key=True)
    filename = UnicodeAttribute(range_key=True)  # "<md5>.<extension>"
    file_id = UnicodeAttribute(null=True)  # of the first upload
    file_size = NumberAttribute()
    created = UTCDateTimeAttribute()
    expires = NumberAttribute(null=True)  # Unix time at which an upload under way counts as abandoned
    expires_hour = UnicodeAttribute(null=True)  # the hour of that time, see `hour_of`
    expiry_index = ExpiryIndex()


class Outcome(Enum):
    """The outcome of a change of the files that a user is charged for."""

    DONE = auto()
    LOST = auto()  # one of the items was changed since it was read
    FULL = auto()  # the user does not have enough storage left, or does not exist


def of_user(user_id: str, names: Iterable[str]) -> dict[str, Upload]:
    """Those of the named files that a user is charged for, by name. One read per 100."""
    found = read_many({Upload: [(user_id, name) for name in names]})[Upload]
    return {row.filename: row for row in found}


def all_of(user_id: str, after: str = "") -> Iterator[Upload]:
    """All files that a user is charged for, after a filename, as read-only items, read page by page."""
    for raw in query_raw(Upload, user_id, Upload.filename > after if after else None):
        yield from to_read(Upload, [raw])


def hour_of(moment: float) -> str:
    """The hour of a Unix time, as `expires_hour` has it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H")


def expired(hour: str, before: int) -> list[tuple[str, str]]:
    """(user id, filename) of the uploads that end in an hour and before this time, from an index that may lag."""
    found = Upload.expiry_index.query(hour, ExpiryIndex.expires < before)
    return [(row.user_id, row.filename) for row in found]


def change(
    user_id: str,
    put: Sequence[tuple[Upload, Upload | None]],
    removed: Sequence[Upload] = (),
    within_quota: bool = False,
) -> Outcome:
    """Change up to MAX_CHANGES of the files that a user is charged for, and the free storage, in one transaction.

    `put` are new items, each with the item that it replaces, if any. Nothing is changed if an item was changed since it
    was read, or, `within_quota`, if the user does not have as much storage left as is needed.
    """
    more = sum(_size(new) - _size(old) for new, old in put) - sum(map(_size, removed))

    def fill(transaction: Transaction) -> None:
        for row in removed:
            transaction.delete(Upload(row.user_id, row.filename), condition=_as_read(row))
        for new, old in put:
            transaction.save(new, condition=_as_read(old))
        if more:
            room = User.disk_space_left >= more if within_quota and more > 0 else User.id.exists()
            transaction.update(User(user_id), [User.disk_space_left.add(-more)], condition=room)

    codes = transact(fill) if put or removed else []
    if not codes:
        return Outcome.DONE
    rows = codes[:-1] if more else codes
    return Outcome.LOST if any(rows) else Outcome.FULL


def _size(row: Upload | None) -> int:
    return int(row.file_size) if row else 0


def _as_read(row: Upload | None) -> Condition:
    if row is None:
        return cast(Condition, Upload.user_id.does_not_exist())
    expires: Any = Upload.expires == row.expires if row.expires else Upload.expires.does_not_exist()
    condition: Condition = (Upload.file_size == row.file_size) & expires
    return condition
