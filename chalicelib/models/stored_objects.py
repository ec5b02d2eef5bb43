"""Content files that are known to be in the bucket.

| access pattern | key condition | used by |
| --- | --- | --- |
| which of these files are stored | `checksum` (batches) | file_diff, upload_url, add_nodes |

Entries are never deleted, as objects under `content/storage/` are immutable. An entry is written by the `uploads`
worker when S3 reports a new object, or by the first request that checks S3 itself. Each write is an update, which keeps
the attribute `version_<extension>`: the version of the object that was reported first under that name.
"""

from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.models.base import Table, Update, in_parallel, read_many


class StoredObject(Table):
    class Meta:
        table_name = "stored_objects"

    checksum = UnicodeAttribute(hash_key=True)
    extension = UnicodeAttribute()
    file_size = NumberAttribute()


def known_names(checksums: list[str]) -> set[str]:
    """The names "<md5>.<extension>" of the files that are known to be stored."""
    return {f"{item.checksum}.{item.extension}" for item in read_many({StoredObject: checksums})[StoredObject]}


def remember(name: str, size: int, version: str | None = None) -> str | None:
    """Record a file, "<md5>.<extension>", as stored. One write; the same write again changes nothing.

    Returns the version in S3 that was recorded first under this name: `version`, if there was none.
    """
    checksum, _, extension = name.partition(".")
    actions: list[Update] = [StoredObject.extension.set(extension), StoredObject.file_size.set(size)]
    if not version:
        StoredObject(checksum).update(actions)
        return None
    first = Path(f"version_{extension}")  # names of attributes are dynamic, so that one write suffices
    answer = StoredObject(checksum).update([*actions, first.set(first | version)])
    return str(answer["Attributes"][str(first)]["S"])


def stored(names: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """(sizes in bytes of the stored files by name, names of the missing ones); names are "<md5>.<extension>"."""
    wanted = list(names)
    known = read_many({StoredObject: [name[:32] for name in wanted]})[StoredObject]
    return sizes_of(wanted, {entry.checksum: entry for entry in known})


def sizes_of(names: Iterable[str], known: dict[str, StoredObject]) -> tuple[dict[str, int], list[str]]:
    """(sizes in bytes of the stored files by name, names of the missing ones).

    `known` are the table's entries by checksum. Other files are looked up in S3 and then recorded.
    """
    wanted = list(dict.fromkeys(names))
    sizes = {name: int(known[name[:32]].file_size) for name in wanted if proves(known.get(name[:32]), name)}
    unproven = [name for name in wanted if name not in sizes]
    looked_up = dict(zip(unproven, in_parallel(_size_in_storage, unproven), strict=True))
    found = {name: size for name, size in looked_up.items() if size is not None}
    in_parallel(lambda name: remember(name, found[name]), found)
    return {**sizes, **found}, [name for name in wanted if name not in sizes and name not in found]


def proves(entry: StoredObject | None, name: str) -> bool:
    """Whether an entry proves that a file is stored; `name` is "<md5>.<extension>"."""
    return entry is not None and f"{entry.checksum}.{entry.extension}" == name


def _size_in_storage(name: str) -> int | None:
    parts = split_filename(name)
    return storage.size_of(storage_key(*parts)) if parts else None
