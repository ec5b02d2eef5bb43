"""Updates of the public index from the channels.

The channels are authoritative. After changing what is public, call `refresh`, and call it again if it may have failed.
Concurrent updates do not lose changes: the slower one starts again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.aws import queues
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.index_file import IndexWriter, Record
from chalicelib.domain import jobs
from chalicelib.domain.storage_keys import database_key, index_key
from chalicelib.errors import Busy, Conflict, NotFound
from chalicelib.models import channels, public_index
from chalicelib.models.channels import Channel
from chalicelib.models.emission import Emission
from chalicelib.operations.access.channel_rights import is_open
from chalicelib.operations.index_files import index_swap
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.index_files.index_swap import Shelf
from chalicelib.operations.public.channel_entries import entry_of, shown_of
from chalicelib.telemetry import Audited, audit

_SHELF = Shelf(public_index.PUBLIC, index_key)


def set_public(
    channel_id: str, public: bool, others: Mapping[str, Any] | None = None, emissions: Sequence[Emission] = ()
) -> Channel:
    """Make a channel public or private, set its fields `others` and emit changes, in one transaction.

    The lists are updated in the background; a channel that is not published yet appears with its first publish. Raises
    NotFound if the channel does not exist, Conflict if it cannot become public because it is deleted or if another
    user just changed it, and Busy if a feed was changed since its counter was read.
    """
    others = others or {}
    channel = channels.get(channel_id)
    if channel is None:
        raise NotFound(f"Channel not found: {channel_id}")
    if public and others.get("deleted", channel.deleted):
        raise Conflict(f"Channel {channel_id} is deleted. Restore it before making it public.")
    written = channels.set_public(channel, public, others, emissions)
    if written is None:
        raise Busy("Other requests are changing the same channel. Send this request again.")
    if not written:
        raise Conflict(f"Channel {channel.id} was just changed by another user. Reload it and try again.")
    queues.send_maintenance(jobs.LIST_CHANNELS.message(channel_ids=[channel_id]))
    if bool(channel.public) != public:
        audit(Audited.CHANNEL_PUBLIC if public else Audited.CHANNEL_PRIVATE, channel.id)
    return channel


def refresh_after_publish(channel_id: str) -> None:
    """Call `refresh` if the channel is public. Making it public later refreshes the index too."""
    channel = channels.get(channel_id)
    if channel is not None and channel.public:
        refresh([channel_id])


def refresh(channel_ids: list[str]) -> None:
    """Update these channels in the index, if they are outdated.

    Raises Busy if the index keeps changing.
    """
    index_swap.bring_up_to_date(_SHELF, lambda path: _edit(path, channel_ids))


def rebuild() -> None:
    """Rebuild the index from all public channels, and delete orphaned files of killed workers.

    Raises Busy if the index keeps changing.
    """
    everything = channels.public_ids()
    index_swap.rebuild(_SHELF, lambda path: _edit(path, everything, from_scratch=True))
    refresh(everything)


def _edit(path: Path, channel_ids: list[str], from_scratch: bool = False) -> bool:
    """Update the index file at a path, or create it from all public channels."""
    everything = [] if path.exists() else channels.public_ids()
    with IndexWriter(path) as index:
        if from_scratch:
            channel_ids = [*index.channel_ids(), *channel_ids]
            index.forget()
        return _write(index, list(dict.fromkeys([*channel_ids, *everything]))) or from_scratch


def _write(index: IndexWriter, channel_ids: list[str]) -> bool:
    """Write channels to the index. Returns whether anything changed."""
    changed = False
    found = {channel.id: channel for channel in channels.get_many(channel_ids)}
    for channel_id in channel_ids:
        channel = found.get(channel_id)
        if channel is None or not is_open(channel):
            changed |= index.remove(channel_id)
            continue
        tokens = [channel.primary_token] if channel.primary_token else []
        record = Record(channel.id, entry_of(channel), tokens, shown_of(channel))
        if not index.holds(record):
            index.put(record, opened(database_key(channel.id, int(channel.version)), ContentDatabase))
            changed = True
    return changed
