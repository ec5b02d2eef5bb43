"""The last pass of each kind over everything that is stored: the recount, and the collection of unused files.

| access pattern | key condition | used by |
| --- | --- | --- |
| the last completed pass of a kind | `name` | collection of unused files, `make collect` |
"""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, find, now, save_if

RECOUNT = "recount"
COLLECTION = "collection"


class StoragePass(Table):
    class Meta:
        table_name = "storage_passes"

    name = UnicodeAttribute(hash_key=True)
    began = NumberAttribute()  # Unix time
    ended = NumberAttribute()  # Unix time
    found: "JSONAttribute" = JSONAttribute(null=True)  # numbers by name, for operators


def last(name: str) -> StoragePass | None:
    """The last completed pass of a kind: the one that began last."""
    return find(StoragePass, name)


def note(name: str, began: int, found: dict[str, Any] | None = None) -> None:
    """Record that a pass which began at this time is completed, unless a later one is recorded."""
    row = StoragePass(name, began=began, ended=int(now().timestamp()), found=found)
    save_if(row, StoragePass.name.does_not_exist() | (StoragePass.began < began))
