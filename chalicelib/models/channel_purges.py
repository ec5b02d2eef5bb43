"""Channels that are being deleted for good.

One transaction replaces a channel by a record of what is to be removed, under an id that no client can name. From then
on the channel does not exist for anybody: it cannot be read, changed or restored, and it was either restored before or
is removed whole. Its id cannot be used again until the record is deleted, which is last, so that what is removed by id
is never that of a new channel. The record is an item of `channels`, found by the index of all channels under `PURGING`.
"""

from collections.abc import Iterator
from typing import Any

from pynamodb.transactions import TransactWrite

from chalicelib.errors import Conflict
from chalicelib.models import channels
from chalicelib.models.base import Condition, Table, find, now, query_raw, transact, write_many
from chalicelib.models.changes import Change
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import PUBLISH_LEASE, AllIndex, Channel, as_counted

PURGING = "purging"  # `all_key` of records
BATCH = 100  # items that are deleted at once
_TREES = ("root_id", "trash_root_id", "chef_root_id", "staging_root_id", "previous_root_id")
_KEPT = (*_TREES, "name", "created", "version", "primary_token", "draft_token", "owner_id")


def _key(channel_id: str) -> str:
    return f"{PURGING}-{channel_id}"


def purged_channel(record: Channel) -> str:
    """The id of the channel that a record is about."""
    return str(record.id).removeprefix(f"{PURGING}-")


def get(channel_id: str) -> Channel | None:
    """The record of a channel that is being deleted for good."""
    return find(Channel, _key(channel_id))


def begin(channel: Channel) -> bool:
    """Replace a deleted channel by its record. Returns False if it was changed or restored since it was read, or a
    worker publishes it."""
    deleted = Channel.deleted_at
    as_deleted = deleted == channel.deleted_at if channel.deleted_at else deleted.does_not_exist()
    as_deleted &= (Channel.deleted == True) & (Channel.modified == channel.modified)  # noqa: E712
    condition: Condition = as_counted(channel) & as_deleted & PUBLISH_LEASE.free()
    kept: dict[str, Any] = {name: getattr(channel, name) for name in _KEPT}
    record = Channel(id=_key(channel.id), modified=now(), deleted=True, all_key=PURGING, **kept)

    def fill(transaction: TransactWrite) -> None:
        transaction.delete(Channel(channel.id), condition=condition)
        transaction.save(record)

    return not transact(fill)


def end(record: Channel) -> None:
    """Delete a record, when everything else is removed. Idempotent."""
    Channel(record.id).delete()


def refuse(transaction: TransactWrite, channel_id: str) -> None:
    """Make a transaction that creates a channel fail while an earlier one with this id is being deleted for good."""
    transaction.condition_check(Channel, _key(channel_id), condition=Channel.id.does_not_exist())


def explain(channel_id: str, codes: list[str | None]) -> None:
    """Raise Conflict if such a transaction failed for that reason."""
    if codes[0]:  # condition checks come first
        raise Conflict(
            f"Channel {channel_id} was deleted, and what is left of it is being removed. Try again in some minutes."
        )


def under_way() -> Iterator[str]:
    """The ids of the channels that are being deleted for good, from an index that may lag by a second."""
    return (purged_channel(record) for record in Channel.all_index.query(PURGING))


def some_channels(after: str, limit: int) -> list[str]:
    """The ids of up to `limit` channels after this id, by the same index."""
    place = AllIndex.id > after if after else None
    return [str(channel.id) for channel in Channel.all_index.query(channels.ALL, place, limit=limit)]


def remove_versions(channel_id: str) -> Iterator[int]:
    """Delete the records of all versions; yields after each write."""
    keys = ((channel_id, int(raw["version"]["N"])) for raw in query_raw(ChannelVersion, channel_id))
    return _remove(ChannelVersion, keys)


def remove_changes(channel_id: str, expires: int) -> Iterator[int]:
    """Delete the changes of a channel's feed; yields after each write.

    The counter stays until `expires` (Unix time), as clients who followed the channel know its last revision: a new
    channel with this id must not have the same revisions again.
    """
    counter = find(Change, channel_id, 0)
    if counter is not None and counter.expires is None:
        counter.update([Change.expires.set(expires)], condition=Change.last.exists())
    place = Change.rev > 0
    return _remove(Change, ((channel_id, int(raw["rev"]["N"])) for raw in query_raw(Change, channel_id, place)))


def _remove(model: type[Table], keys: Iterator[Any]) -> Iterator[int]:
    found: list[Any] = []
    for key in keys:
        found.append(key)
        if len(found) == BATCH:
            write_many(deletes=[(model, one) for one in found])
            yield len(found)
            found = []
    if found:
        write_many(deletes=[(model, one) for one in found])
        yield len(found)
