"""Content files that are known to be in the bucket.

| access pattern | key condition | used by |
| --- | --- | --- |
| which of these files are stored | `checksum` (batches) | file_diff, upload_url, add_nodes |
| the first version under a stored name | `checksum` = "<md5>.<extension>" | the `uploads` worker |

Entries are never deleted, as objects under `content/storage/` are immutable. An entry is written by the `uploads`
worker when S3 reports a new object, or by the first request that checks S3 itself. The first version of each name has
an item of its own, which no other writer replaces.
"""

from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.models.base import Table, in_parallel, read_many, write_many


class StoredObject(Table):
    class Meta:
        table_name = "stored_objects"

    checksum = UnicodeAttribute(hash_key=True)
    extension = UnicodeAttribute()
    file_size = NumberAttribute()
    version = UnicodeAttribute(null=True)  # of the object in S3; only in items of the first version


def known_names(checksums: list[str]) -> set[str]:
    """The names "<md5>.<extension>" of the files that are known to be stored."""
    return {f"{item.checksum}.{item.extension}" for item in read_many({StoredObject: checksums})[StoredObject]}


def remember(objects: list[StoredObject]) -> None:
    """Record files as stored."""
    write_many(puts={entry.checksum: entry for entry in objects}.values())  # a batch must not contain a key twice


def first_version(name: str, size: int, version: str) -> str:
    """The version recorded first under a stored name, "<md5>.<extension>": this one, if there was none. One write."""
    entry = StoredObject(name)
    first = {"extension": name.partition(".")[2], "file_size": size, "version": version}
    fields = StoredObject.get_attributes()
    entry.update([fields[field].set(fields[field] | value) for field, value in first.items()])
    return str(entry.version)


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
    if found:
        remember([proof(name, size) for name, size in found.items()])
    return {**sizes, **found}, [name for name in wanted if name not in sizes and name not in found]


def proof(name: str, size: int) -> StoredObject:
    """Build the entry of a stored file; `name` is "<md5>.<extension>"."""
    checksum, _, extension = name.partition(".")
    return StoredObject(checksum=checksum, extension=extension, file_size=size)


def proves(entry: StoredObject | None, name: str) -> bool:
    """Whether an entry proves that a file is stored; `name` is "<md5>.<extension>"."""
    return entry is not None and f"{entry.checksum}.{entry.extension}" == name


def _size_in_storage(name: str) -> int | None:
    parts = split_filename(name)
    return storage.size_of(storage_key(*parts)) if parts else None
