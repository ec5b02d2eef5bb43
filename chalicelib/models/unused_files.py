"""The marks of unused files, which the collection writes into the entries of `stored_objects`.

Every write requires that the marks are as they were read: whoever begins to use a file removes them.
"""

from collections.abc import Iterable
from typing import Any

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.operand import Path

from chalicelib.domain.storage.collecting import DAY, KEPT_DAYS, Marks
from chalicelib.models.base import Condition, Update, read_many, update_if
from chalicelib.models.stored_objects import StoredObject


def marks_of(checksums: Iterable[str]) -> dict[str, Marks]:
    """The marks of the files that have entries, by checksum. One read per 100."""
    return {
        entry.checksum: Marks(_time(entry.unused_since), _time(entry.gone_since))
        for entry in read_many({StoredObject: list(checksums)})[StoredObject]
    }


def _time(value: Any) -> int | None:
    return int(value) if value else None


def mark(checksum: str, marks: Marks | None, moment: int, name: str, size: int) -> bool:
    """Mark files as unused from a moment on. `name` and `size` of one of them are recorded if they have no entry."""
    actions: list[Update] = [StoredObject.unused_since.set(moment)]
    actions += [StoredObject.gone_since.remove(), StoredObject.expires.remove()]
    if marks is None:
        actions += [StoredObject.extension.set(name.partition(".")[2]), StoredObject.file_size.set(size)]
    return update_if(StoredObject(checksum), actions, _as_read(marks))


def begin_deletion(checksum: str, marks: Marks, moment: int, names: Iterable[str]) -> bool:
    """Record that marked files are about to be deleted. Returns False if they are used again."""
    actions: list[Update] = [StoredObject.gone_since.set(moment), StoredObject.unused_since.remove()]
    actions.append(StoredObject.expires.set(moment + (KEPT_DAYS + 1) * DAY))
    # What comes back is another version, and no collision of checksums.
    actions += [Path(f"version_{name.partition('.')[2]}").remove() for name in names]
    return update_if(StoredObject(checksum), actions, _as_read(marks))


def _as_read(marks: Marks | None) -> Condition:
    condition: Condition = StoredObject.checksum.does_not_exist()
    if marks is not None:
        condition = _same(StoredObject.unused_since, marks.unused_since)
        condition = condition & _same(StoredObject.gone_since, marks.gone_since)
    return condition


def _same(attribute: NumberAttribute, value: int | None) -> Condition:
    condition: Condition = attribute == value if value else attribute.does_not_exist()
    return condition
