"""Content files that are known to be in the bucket, and those that the collection of unused files has deleted.

| access pattern | key condition | used by |
| --- | --- | --- |
| which of these files are stored | `checksum` (batches) | file_diff, upload_url, add_nodes, publish, collection |

An entry is written by the `uploads` worker when S3 reports a new object, or by the first request that checks S3 itself.
Each write is an update, which keeps the attribute `version_<extension>`: the version of the object that was reported
first under that name.

Who begins to use a file reads its entry consistently before the reference is written. The collection marks files that
nothing uses (`unused_since`), and deletes only what has been marked for long, after it has replaced the mark by
`gone_since`. So whoever finds no mark has at least that long to write a reference; whoever finds one removes it, and
whoever finds `gone_since` brings the files back, of the versions that S3 keeps until `expires`.
"""

from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.operand import Path

from chalicelib.aws import storage, versions
from chalicelib.aws.versions import Version
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.models.base import Condition, Table, Update, in_parallel, read_many, read_raw, update_if, was_refused
from chalicelib.models.lazy import to_read


class StoredObject(Table):
    class Meta:
        table_name = "stored_objects"

    checksum = UnicodeAttribute(hash_key=True)
    extension = UnicodeAttribute()
    file_size = NumberAttribute()
    unused_since = NumberAttribute(null=True)  # Unix time at which nothing was found to use the files
    gone_since = NumberAttribute(null=True)  # Unix time at which the collection began to delete the files
    expires = NumberAttribute(null=True)  # Unix time at which S3 has no version of deleted files any more; TTL


def known_names(checksums: list[str]) -> set[str]:
    """The names "<md5>.<extension>" of the files that are known to be stored."""
    found = read_raw({StoredObject: checksums}, {StoredObject: ("checksum", "extension", "gone_since")})[StoredObject]
    return {f"{entry.checksum}.{entry.extension}" for entry in to_read(StoredObject, found) if not entry.gone_since}


def remember(name: str, size: int, version: str | None = None) -> str | None:
    """Record a file, "<md5>.<extension>", as stored and used, after S3 has confirmed it. One write.

    Returns the version in S3 that was recorded first under this name: `version`, if there was none.
    """
    return _remember(name, size, version, None)


def note_stored(name: str, size: int, version: str | None) -> str | None:
    """`remember` a file that was reported as stored: a report may be late, so that of a deleted file is checked.

    One write.
    """
    try:
        return _remember(name, size, version, _IS_THERE)
    except PynamoDBException as error:
        if not was_refused(error):
            raise
    found = _size_in_storage(name)
    return version if found is None else remember(name, found, version)


_IS_THERE: Condition = StoredObject.gone_since.does_not_exist()


def _remember(name: str, size: int, version: str | None, condition: Condition | None) -> str | None:
    checksum, _, extension = name.partition(".")
    actions: list[Update] = [StoredObject.extension.set(extension), StoredObject.file_size.set(size)]
    marks = (StoredObject.unused_since, StoredObject.gone_since, StoredObject.expires)
    actions += [mark.remove() for mark in marks]
    first = Path(f"version_{extension}")  # names of attributes are dynamic, so that one write suffices
    actions += [first.set(first | version)] if version else []
    answer = StoredObject(checksum).update(actions, condition=condition)
    return str(answer["Attributes"][str(first)]["S"]) if version else None


def stored(names: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """(sizes in bytes of the stored files by name, names of the missing ones); names are "<md5>.<extension>".

    The files are about to be used: see `sizes_of`.
    """
    wanted = list(names)
    known = read_many({StoredObject: [name[:32] for name in wanted]})[StoredObject]
    return sizes_of(wanted, {entry.checksum: entry for entry in known})


def sizes_of(names: Iterable[str], known: dict[str, StoredObject]) -> tuple[dict[str, int], list[str]]:
    """(sizes in bytes of the stored files by name, names of the missing ones).

    `known` are the table's entries by checksum. Other files are looked up in S3 and then recorded. The files are about
    to be used: marks of unused ones are removed, and deleted ones come back.
    """
    wanted = list(dict.fromkeys(names))
    proven = [name for name in wanted if proves(known.get(name[:32]), name)]
    marked = [name for name in proven if known[name[:32]].unused_since]
    lost = {name for name, kept in zip(marked, in_parallel(_renew, marked), strict=True) if not kept}
    sizes = {name: int(known[name[:32]].file_size) for name in proven if name not in lost}
    unproven = [name for name in wanted if name not in sizes]
    looked_up = dict(zip(unproven, in_parallel(_size_in_storage, unproven), strict=True))
    found = {name: size for name, size in looked_up.items() if size is not None}
    in_parallel(lambda name: remember(name, found[name]), found)
    deleted = {
        name for name, entry in ((name, known.get(name[:32])) for name in unproven) if entry and entry.gone_since
    }
    found |= bring_back(name for name in unproven if name not in found and name in deleted | lost)
    return {**sizes, **found}, [name for name in wanted if name not in sizes and name not in found]


def renew(names: Iterable[str]) -> None:
    """Let files that are used have no mark, and exist. One read per 100 files."""
    wanted = list(names)
    found = read_many({StoredObject: [name[:32] for name in wanted]})[StoredObject]
    doubtful = {entry.checksum: entry for entry in found if entry.unused_since or entry.gone_since}
    sizes_of((name for name in wanted if name[:32] in doubtful), doubtful)


def _renew(name: str) -> bool:
    """Remove the mark of an unused file. Returns False if it has been deleted meanwhile."""
    return update_if(StoredObject(name[:32]), [StoredObject.unused_since.remove()], _IS_THERE)


def proves(entry: StoredObject | None, name: str) -> bool:
    """Whether an entry proves that a file is stored; `name` is "<md5>.<extension>"."""
    return entry is not None and f"{entry.checksum}.{entry.extension}" == name and not entry.gone_since


def _size_in_storage(name: str) -> int | None:
    parts = split_filename(name)
    return storage.size_of(storage_key(*parts)) if parts else None


# ---- deleted files ----


def bring_back(names: Iterable[str]) -> dict[str, int]:
    """Restore deleted files of which S3 still has a version, with those of the same bytes, and record them as stored.

    Returns the sizes of those that exist now, by name. Three calls per file.
    """
    checksums = list(dict.fromkeys(name[:32] for name in names))
    listed = in_parallel(lambda checksum: versions.newest(storage_key(checksum, "")), checksums)
    found = [version for some in listed for version in some]
    deleted = [version for version in found if not version.is_shown]
    in_parallel(versions.copy, [version for version in deleted if not versions.copy_parts(version)])
    for version in deleted:
        if parts := versions.copy_parts(version):
            _copy_in_parts(version, parts)
    sizes = {version.key.rpartition("/")[2]: version.size for version in found}
    in_parallel(lambda name: remember(name, sizes[name]), sizes)
    return sizes


def _copy_in_parts(version: Version, parts: list[str]) -> None:
    upload = versions.begin(version)
    numbered = list(enumerate(parts, start=1))
    made = in_parallel(lambda part: versions.copy_part(version, upload, *part), numbered)
    versions.end(version, upload, made)
