"""What uses a stored file: one entry for each use, which keeps the file, and by which quotas are charged.

| access pattern | key condition | used by |
| --- | --- | --- |
| the channels that use a file | `filename`, `use` beyond another (one read each) | giving storage back |
| whether anything uses a file | `filename` | collection of unused files |
| certain entries, by key | `filename`, `use` (batches) | recount, publish worker |
| the files of a channel | index `channel-index`: `channel_id`, `use` | deleting and restoring channels, new owners |

`use` is "<channel id>/<what uses it>": a node, a question, the channel's thumbnail, or its published versions (see
`domain.storage_uses`). An entry is written before the use begins and deleted after it has ended, so a used file always
has one. An entry without a use is the trace of an interrupted write; the recount finds it. A use ends only while no
other write of its channel is under way: the transaction that deletes entries changes `Channel.freed`, and writes of
nodes depend on it. A publish changes it when it begins, so that no entry is deleted by what was read before.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from chalicelib.domain.storage_uses import DATABASES, NODE, QUESTION, parse_use, use_of
from chalicelib.domain.types import AssessmentItemData, FileData, NodeData
from chalicelib.models.base import Table, query_raw, read_many, transact, write_many
from chalicelib.models.channels import Channel, as_counted

MAX_REMOVED = 98  # entries per transaction, which also checks the channel
Key = tuple[str, str]  # filename, use


class ChannelIndex(GlobalSecondaryIndex["FileReference"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "channel-index"
        projection = IncludeProjection(["file_size", "written"])

    channel_id = UnicodeAttribute(hash_key=True)
    use = UnicodeAttribute(range_key=True)


class FileReference(Table):
    class Meta:
        table_name = "file_references"

    filename = UnicodeAttribute(hash_key=True)  # "<md5>.<extension>"
    use = UnicodeAttribute(range_key=True)
    channel_id = UnicodeAttribute()
    file_size = NumberAttribute()
    written = NumberAttribute()  # Unix time
    channel_index = ChannelIndex()


def reference(filename: str, use: str, file_size: int) -> FileReference:
    """Build the entry of a use that begins now."""
    channel_id = use.partition("/")[0]
    return FileReference(filename, use, channel_id=channel_id, file_size=file_size, written=int(time.time()))


def of_parts(
    channel_id: str, nodes: Iterable[NodeData], items: Iterable[AssessmentItemData]
) -> dict[Key, FileReference]:
    """The entries of the files of nodes and questions of a channel, by key."""
    uses = [(use_of(channel_id, NODE, node["id"]), file) for node in nodes for file in node["files"]]
    for item in items:
        use = use_of(channel_id, QUESTION, item["contentnode_id"], item["assessment_id"])
        uses += [(use, file) for file in item["files"]]
    return {(name_of(file), use): reference(name_of(file), use, int(file["file_size"])) for use, file in uses}


def name_of(file: FileData) -> str:
    """The name of a stored file, "<md5>.<extension>"."""
    return f"{file['checksum']}.{file['file_format']}"


def write(references: Iterable[FileReference]) -> None:
    """Write entries; those that exist are replaced."""
    write_many(puts=references)


def existing(keys: Iterable[Key]) -> dict[Key, FileReference]:
    """The entries with these keys that exist."""
    found = read_many({FileReference: list(keys)})[FileReference]
    return {(entry.filename, entry.use): entry for entry in found}


def write_missing(references: Iterable[FileReference]) -> list[FileReference]:
    """Write those entries that do not exist, and return them. One read per 100."""
    wanted = list(references)
    known = existing((entry.filename, entry.use) for entry in wanted)
    missing = [entry for entry in wanted if (entry.filename, entry.use) not in known]
    write(missing)
    return missing


def uses_of(filename: str) -> Iterator[tuple[str, int]]:
    """(id, size of the file) of each channel that uses a file in a way that is charged for, read one by one."""
    beyond = ""
    while True:
        entry = _next(filename, beyond)
        if entry is None:
            return
        beyond = str(entry.use)
        if is_charged(entry):
            yield str(entry.channel_id), int(entry.file_size)
            beyond = f"{entry.channel_id}0"  # "0" follows "/"


def is_charged(entry: FileReference) -> bool:
    """Whether the channel's owner is charged for a use."""
    return parse_use(entry.use).kind != DATABASES


def is_used(filename: str) -> bool:
    """Whether anything uses a file. One consistent read."""
    return _next(filename, "") is not None


def _next(filename: str, beyond: str) -> FileReference | None:
    place = FileReference.use > beyond if beyond else None
    raw = next(query_raw(FileReference, filename, place, limit=1), None)
    return FileReference.from_raw_data(raw) if raw else None


def of_channel(channel_id: str, start: str = "") -> Iterator[FileReference]:
    """The entries of a channel by use, beginning with the use `start`, from an index that may lag by a second."""
    place: Any = ChannelIndex.use >= start if start else None
    yield from FileReference.channel_index.query(channel_id, place)


def remove(keys: Iterable[Key]) -> None:
    """Delete entries whose uses cannot begin again, as of a tree that is no longer reachable."""
    write_many(deletes=[(FileReference, key) for key in dict.fromkeys(keys)])


def remove_ended(channel: Channel, keys: list[Key]) -> bool:
    """Delete up to MAX_REMOVED entries whose uses were found to have ended after the channel was read.

    Writes of the channel that began before must read again. Returns False if the channel was changed since it was read.
    """

    def fill(transaction: Any) -> None:
        for key in keys:
            transaction.delete(FileReference(*key))
        as_read = as_counted(channel)
        transaction.update(Channel(channel.id), [Channel.freed.add(1)], condition=as_read)

    return not transact(fill)
