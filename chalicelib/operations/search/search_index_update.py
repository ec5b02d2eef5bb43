"""Updates of the search index from the published channels.

The channels are authoritative. After publishing, deleting or restoring a channel, request a `refresh`. The index does
not contain what is public and which permissions users have; every search checks those.
"""

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from chalicelib.aws import queues, storage
from chalicelib.content_databases.search_index import SearchWriter
from chalicelib.content_databases.search_part import write_part
from chalicelib.domain import jobs
from chalicelib.domain.storage_keys import search_index_key, search_part_key
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.shape import Shape, shape_of
from chalicelib.models import channels, public_index
from chalicelib.models.channels import Channel
from chalicelib.operations.index_files import index_swap
from chalicelib.operations.index_files.index_swap import Shelf
from chalicelib.telemetry import log

_SHELF = Shelf(public_index.SEARCH, search_index_key)


def keep_part(tree: FrozenTree, shape: Shape, version_before: int, at: datetime) -> None:
    """Write the index part of a version that is about to go live, whose tree has this shape; `at` is when its publish
    started.

    Writing it again gives the same part, as `version_before` is live until then.
    """
    channel_id = tree.channel["id"]
    with tempfile.TemporaryDirectory() as folder:
        old, path = Path(folder) / "old.sqlite3", Path(folder) / "part.sqlite3"
        has_old = _fetched(channel_id, version_before, old)
        write_part(path, tree, shape, at, old if has_old else None)
        storage.put_in_parts(search_part_key(channel_id, tree.version), path, storage.SQLITE)


def has_part(channel: Channel) -> bool:
    """Whether the live version of a channel has its index part."""
    return storage.size_of(search_part_key(channel.id, int(channel.version))) is not None


def make_up_for_part(channel: Channel, tree: FrozenTree) -> None:
    """Write the missing index part of the live version, whose content equals the tree, and refresh the index.

    Versions that were published before index parts existed have none.
    """
    version = int(channel.version)
    if not has_part(channel):
        keep_part(replace(tree, version=version), shape_of(tree.nodes()), 0, channel.last_published)
    send_refresh(channel.id)  # always, as a worker that wrote the part may have been killed before this


def send_refresh(channel_id: str) -> None:
    """Update a channel in the index in the background."""
    queues.send_maintenance(jobs.INDEX_CHANNELS.message(channel_ids=[channel_id]))


def refresh(channel_ids: list[str]) -> None:
    """Update these channels in the index, if they are outdated.

    Raises Busy if the index keeps changing.
    """
    outdated: set[str] = set()
    index_swap.bring_up_to_date(_SHELF, lambda path: _edit(path, channel_ids, outdated))
    for key in outdated:
        storage.delete(key)


def rebuild() -> None:
    """Rebuild the index from all channels, and delete orphaned files of killed workers.

    Raises Busy if the index keeps changing.
    """
    index_swap.rebuild(_SHELF, lambda path: _edit(path, [], set(), from_scratch=True))
    refresh(_everything())


def _everything() -> list[str]:
    return [channel.id for channel in channels.everything()]


def _edit(path: Path, channel_ids: list[str], outdated: set[str], from_scratch: bool = False) -> bool:
    """Update the index file at a path, or create it from all channels. Adds the keys of unused parts to `outdated`."""
    if from_scratch:
        path.unlink(missing_ok=True)
    if not path.exists():
        channel_ids = list(dict.fromkeys([*channel_ids, *_everything()]))
    with SearchWriter(path) as index, tempfile.TemporaryDirectory() as folder:
        has = index.versions()
        changed = _write(index, channel_ids, Path(folder) / "part.sqlite3")
        new = index.versions()
        outdated |= {search_part_key(id, has[id]) for id in has if has[id] != new.get(id, has[id])}
        return changed or from_scratch


def _write(index: SearchWriter, channel_ids: list[str], part: Path) -> bool:
    """Write channels to the index. Returns whether anything changed."""
    changed, has = False, index.versions()
    found = {channel.id: channel for channel in channels.get_many_to_read(channel_ids)}
    for channel_id in channel_ids:
        channel = found.get(channel_id)
        version = int(channel.version) if channel and channels.is_live(channel) else None
        if version is None:
            changed |= index.remove(channel_id)
        elif has.get(channel_id) != version and _fetched(channel_id, version, part):
            index.put(part)
            changed = True
    return changed


def _fetched(channel_id: str, version: int, path: Path) -> bool:
    """Download the part of a version to a file. Returns whether it exists."""
    if not version:
        return False
    try:
        storage.download(search_part_key(channel_id, version), path)
    except KeyError:
        log.warning("version %s of channel %s has no part for the search index", version, channel_id)
        return False
    return True
