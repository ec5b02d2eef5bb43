"""Keeps the public index in step with what the channels say.

The channels are the truth, the index follows: whoever changes what is public calls `refresh` afterwards, and calls
it again where that may have failed. Two at once never lose each other's changes: the later one starts anew.
"""

import tempfile
from datetime import timedelta
from enum import Enum
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
from chalicelib.operations.local_files import opened
from chalicelib.published.database import ContentDatabase
from chalicelib.published.index_file import IndexWriter, Record

JOB = "list_channels"
REBUILD_JOB = "rebuild_public_index"
_TRIES = 8
_OLD = timedelta(hours=1)  # nobody writes an index for so long


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

    After a change it looks again: the channels may have changed between the look at them and the change of the index,
    and whoever changed them found the index as it should be. Raises Busy where it changes all the time.
    """
    for _ in range(_TRIES):
        if _pass(channel_ids) is _Outcome.SAME:
            return
    raise Busy("The public index is being changed by others; it will follow.")


def rebuild() -> None:
    """Write the index anew from all public channels, and remove the files that killed workers left.

    Raises Busy as `refresh` does.
    """
    everything = channels.public_ids()
    for _ in range(_TRIES):
        if _pass(everything, anew=True) is not _Outcome.LOST:
            break
    refresh(everything)
    _sweep()


class _Outcome(Enum):
    SAME = "the index says what the channels say"
    SWAPPED = "a new index was written"
    LOST = "somebody else was faster"


def _pass(channel_ids: list[str], anew: bool = False) -> _Outcome:
    old = public_index.current()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite3"
        try:
            if old:
                storage.download(old.key, path)
        except KeyError:
            if _names(old):
                return _replaced(old, path, channels.public_ids(), anew=True)
            return _Outcome.LOST  # it was replaced twice since
        return _replaced(old, path, channel_ids, anew)


def _names(old: PublicIndex | None) -> bool:
    """Whether this is still the newest index, although its file is not there."""
    newest = public_index.current()
    return old is not None and newest is not None and newest.key == old.key


def _replaced(old: PublicIndex | None, path: Path, channel_ids: list[str], anew: bool) -> _Outcome:
    """Change the copy of the index at this path, and make it the newest where that changed anything."""
    with IndexWriter(path) as index:
        if anew:
            channel_ids = list({*index.channel_ids(), *channel_ids})
            index.forget()
        changed = _write(index, channel_ids)
    if not changed and not anew:
        return _Outcome.SAME
    return _Outcome.SWAPPED if _swapped(old, path) else _Outcome.LOST


def _write(index: IndexWriter, channel_ids: list[str]) -> bool:
    """Say whether anything changed."""
    changed = False
    found = {channel.id: channel for channel in channels.get_many(channel_ids)}
    for channel_id in channel_ids:
        channel = found.get(channel_id)
        if channel is None or not channel.public or not channels.is_live(channel):
            changed |= index.remove(channel_id)
            continue
        record = Record(channel.id, entry_of(channel), [channel.primary_token] if channel.primary_token else [])
        if not index.holds(record):
            index.put(record, opened(database_key(channel.id, int(channel.version)), ContentDatabase))
            changed = True
    return changed


def _swapped(old: PublicIndex | None, path: Path) -> bool:
    key = index_key(new_id())
    with path.open("rb") as file:
        storage.put(key, file, storage.SQLITE)
    if not public_index.replace(old, key):
        newest = public_index.current()
        if newest is None or newest.key != key:  # else it was done, and only the answer was lost
            storage.delete(key)
            return False
    if old and old.previous_key:  # readers may still be fetching `old`, but hardly the one before it
        storage.delete(old.previous_key)
    return True


def _sweep() -> None:
    newest = public_index.current()
    named = {newest.key, newest.previous_key} if newest else set()
    for key, written in storage.keys_below(index_key("").removesuffix(".sqlite3")):
        if key not in named and now() - written > _OLD:
            storage.delete(key)
