"""Keeps the public index in step with what the channels say.

The channels are the truth, the index follows: whoever changes what is public calls `refresh` afterwards, and calls
it again where that may have failed. Two at once never lose each other's changes: the later one starts anew.
"""

import shutil
import tempfile
from pathlib import Path

from chalicelib import queues, storage
from chalicelib.domain.ids import new_id
from chalicelib.domain.storage_keys import database_key, index_key
from chalicelib.errors import Busy, Conflict, NotFound
from chalicelib.models import channels, public_index
from chalicelib.models.base import now, update_if
from chalicelib.models.channels import Channel
from chalicelib.models.public_index import PublicIndex
from chalicelib.operations.channel_entries import entry_of
from chalicelib.operations.local_files import local_copy
from chalicelib.published.index_file import IndexWriter, Record
from chalicelib.telemetry import count

JOB = "list_channels"
_TRIES = 6


def set_public(channel_id: str, public: bool) -> Channel:
    """Make a published channel public or private; the lists follow in the background.

    Raises NotFound where there is no such channel, Conflict where it cannot become public: it is deleted, or
    nothing of it is published.
    """
    channel = channels.get(channel_id)
    if channel is None:
        raise NotFound(f"Channel not found: {channel_id}")
    if public and not channels.is_live(channel):
        raise Conflict(f"Nothing of channel {channel_id} is published. Publish it first, then make it public.")
    if bool(channel.public) != public:
        _change(channel, public)
    queues.send_maintenance({"job": JOB, "channel_ids": [channel_id]})
    return channel


def _change(channel: Channel, public: bool) -> None:
    actions = [
        Channel.public.set(public),
        Channel.public_key.set(channels.PUBLIC) if public else Channel.public_key.remove(),
        Channel.public_changed.set(now()),
    ]
    unchanged = (Channel.public == bool(channel.public)) & (Channel.deleted == bool(channel.deleted))
    if not update_if(channel, actions, unchanged):
        raise Conflict(f"Channel {channel.id} was changed by someone else just now. Look at it and try again.")


def refresh_after_publish(channel_id: str) -> None:
    """`refresh`, where the channel is public. Who makes it public later refreshes then."""
    channel = channels.get(channel_id)
    if channel is not None and channel.public:
        refresh([channel_id])


def refresh(channel_ids: list[str]) -> None:
    """Bring what the index says of these channels up to date. Changes nothing where it is.

    Raises Busy where others change the index all the time.
    """
    for _ in range(_TRIES):
        if _replaced(public_index.current(), channel_ids):
            return
    raise Busy("The public index is being changed by others; it will follow.")


def rebuild() -> None:
    """Write the index anew, from all channels that are public."""
    while not _replaced(public_index.current(), [channel.id for channel in channels.public()], from_nothing=True):
        count("PublicIndexRaces")


def _replaced(old: PublicIndex | None, channel_ids: list[str], from_nothing: bool = False) -> bool:
    """Write the index after `old` and make it the newest; says whether nobody else was faster."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite3"
        if old and not from_nothing:
            try:
                shutil.copyfile(local_copy(old.key), path)
            except KeyError:  # it was replaced twice since, and is gone
                return False
        if not _write(path, channel_ids) and not from_nothing:
            return True
        return _swapped(old, path)


def _write(path: Path, channel_ids: list[str]) -> bool:
    """Say whether anything changed."""
    changed = False
    found = {channel.id: channel for channel in channels.get_many(channel_ids)}
    with IndexWriter(path) as index:
        for channel_id in channel_ids:
            channel = found.get(channel_id)
            if channel is None or not channel.public or not channels.is_live(channel):
                changed |= index.remove(channel_id)
                continue
            record = _record(channel)
            if not index.holds(record):
                index.put(record, local_copy(database_key(channel.id, int(channel.version))))
                changed = True
    return changed


def _record(channel: Channel) -> Record:
    return Record(channel.id, entry_of(channel), [channel.primary_token] if channel.primary_token else [])


def _swapped(old: PublicIndex | None, path: Path) -> bool:
    key = index_key(new_id())
    with path.open("rb") as file:
        storage.put(key, file, storage.SQLITE)
    if not public_index.replace(old, key):
        storage.delete(key)
        return False
    if old and old.previous_key:  # readers may still be fetching `old`, but hardly the one before it
        storage.delete(old.previous_key)
    return True
