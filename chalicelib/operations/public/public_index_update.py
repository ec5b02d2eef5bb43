"""Keeps the public index in step with what the channels say.

The channels are the truth, the index follows: whoever changes what is public calls `refresh` afterwards, and calls
it again where that may have failed. Two at once never lose each other's changes: the later one starts anew.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.aws import queues
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.index_file import IndexWriter, Record
from chalicelib.domain import jobs
from chalicelib.domain.storage_keys import database_key, index_key
from chalicelib.errors import Conflict, NotFound
from chalicelib.models import channels, public_index
from chalicelib.models.channels import Channel
from chalicelib.operations.access.channel_rights import is_open
from chalicelib.operations.index_files import index_swap
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.index_files.index_swap import Shelf
from chalicelib.operations.public.channel_entries import entry_of, shown_of

_SHELF = Shelf(public_index.PUBLIC, index_key)


def set_public(channel_id: str, public: bool, others: Mapping[str, Any] | None = None) -> Channel:
    """Make a published channel public or private, with `others` of its fields in the same write; the lists follow in
    the background.

    Raises NotFound where there is no such channel, Conflict where it cannot become public: it is deleted, or
    nothing of it is published; and where it was just made public, private or deleted by someone else.
    """
    others = others or {}
    channel = channels.get(channel_id)
    if channel is None:
        raise NotFound(f"Channel not found: {channel_id}")
    if public and (others.get("deleted", channel.deleted) or not channel.version):
        raise Conflict(f"Channel {channel_id} is deleted, or not published. Publish it first, then make it public.")
    if not channels.set_public(channel, public, others):
        raise Conflict(f"Channel {channel.id} was changed by someone else just now. Look at it and try again.")
    queues.send_maintenance(jobs.LIST_CHANNELS.message(channel_ids=[channel_id]))
    return channel


def refresh_after_publish(channel_id: str) -> None:
    """`refresh`, where the channel is public. Who makes it public later refreshes then."""
    channel = channels.get(channel_id)
    if channel is not None and channel.public:
        refresh([channel_id])


def refresh(channel_ids: list[str]) -> None:
    """Bring what the index says of these channels up to date. Changes nothing where it is.

    Raises Busy where it changes all the time.
    """
    index_swap.bring_up_to_date(_SHELF, lambda path: _edit(path, channel_ids))


def rebuild() -> None:
    """Write the index anew from all public channels, and remove the files that killed workers left.

    Raises Busy as `refresh` does.
    """
    everything = channels.public_ids()
    index_swap.write_anew(_SHELF, lambda path: _edit(path, everything, anew=True))
    refresh(everything)


def _edit(path: Path, channel_ids: list[str], anew: bool = False) -> bool:
    """Change the index file at this path; one that is not there is made of all public channels."""
    everything = [] if path.exists() else channels.public_ids()
    with IndexWriter(path) as index:
        if anew:
            channel_ids = [*index.channel_ids(), *channel_ids]
            index.forget()
        return _write(index, list(dict.fromkeys([*channel_ids, *everything]))) or anew


def _write(index: IndexWriter, channel_ids: list[str]) -> bool:
    """Say whether anything changed."""
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
