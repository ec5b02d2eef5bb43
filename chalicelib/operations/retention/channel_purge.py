"""Delete a channel for good, when the time in which it could be restored is over.

`models.channel_purges` replaces the channel by a record in one transaction; a job removes everything that has its id.
Each step may be repeated, so the job may be killed anywhere, and its message may arrive twice. The record is deleted by
a run that begins PAUSE after the replacement: by then, requests that read the channel before it have ended, and indexes
have caught up. The daily walk sends the message again if it was lost. Content files stay; only their uses end here.
"""

import time
from collections.abc import Callable, Iterator
from itertools import islice

from chalicelib.aws import queues, storage
from chalicelib.domain import jobs
from chalicelib.domain.ids import new_id
from chalicelib.domain.storage import retention
from chalicelib.domain.storage_keys import database_key, retained_files_key, search_part_prefix, withdrawn_prefix
from chalicelib.errors import Busy
from chalicelib.models import (
    bookmarks,
    channel_members,
    channel_purges,
    channels,
    file_references,
    invitations,
    nodes,
    purges,
    secret_tokens,
)
from chalicelib.models.base import in_parallel, now, update_if
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.retention import days, is_over
from chalicelib.operations.nodes import purging
from chalicelib.operations.storage import channel_files
from chalicelib.telemetry import Audited, audit

PAUSE = 60  # seconds
MAX_SECONDS = 120  # of one message, after which another one follows
LEASE = 360  # seconds: longer than the function may run, so that no two workers remove the same channel
BATCH = 100  # objects that are deleted at once


def purge(channel_id: str) -> None:
    """Delete a channel for good that was deleted long enough ago, or continue; does nothing for others: a job.

    Raises Busy while another worker does it.
    """
    record = channel_purges.get(channel_id) or _begin(channel_id)
    if record is None:
        return
    _take(record)
    try:
        wait = PAUSE - int((now() - record.modified).total_seconds())
        is_done = _remove(record)
        if is_done and wait <= 0:
            channel_purges.end(record)
            return
    except BaseException:
        _give_back(record)
        raise
    _give_back(record)
    _send(channel_id, max(wait, 0) if is_done else 0)


def is_due(channel: Channel) -> bool:
    """Whether the time in which a channel can be restored is over."""
    return bool(channel.deleted) and channel.deleted_at is not None and is_over(retention.CHANNELS, channel.deleted_at)


def _send(channel_id: str, delay: int = 0) -> None:
    queues.send_maintenance(jobs.PURGE_CHANNEL.message(channel_id=channel_id), delay=delay)


def _begin(channel_id: str) -> Channel | None:
    channel = channels.get(channel_id)
    if channel is None or not is_due(channel):
        return None
    # Before the commit, so that a killed worker is followed by another one. Lists have lost the channel long ago.
    lists = (jobs.INDEX_CHANNELS, jobs.LIST_CHANNELS)
    again = [job.message(channel_ids=[channel_id]) for job in lists]
    queues.send_maintenance(jobs.PURGE_CHANNEL.message(channel_id=channel_id), *again, delay=channel_files.COMMIT_DELAY)
    if channel_purges.begin(channel):
        audit(Audited.CHANNEL_PURGED, channel_id)
    return channel_purges.get(channel_id)


def _take(record: Channel) -> None:
    found = PUBLISH_LEASE.of(record)
    lease = PUBLISH_LEASE.taken(found, new_id(), LEASE)
    is_free = Channel.id.exists() & PUBLISH_LEASE.free() & PUBLISH_LEASE.as_found(found)
    if not update_if(Channel(record.id), PUBLISH_LEASE.hold(lease), is_free):
        raise Busy("Another worker deletes this channel for good.", retry_after=PAUSE)
    record.publish_worker, record.publish_lease = lease.holder, lease.until


def _give_back(record: Channel) -> None:
    PUBLISH_LEASE.give_back(Channel(record.id), PUBLISH_LEASE.of(record))


def _remove(record: Channel) -> bool:
    """Remove what is left for MAX_SECONDS. Returns whether everything that was found is removed."""
    deadline = time.monotonic() + MAX_SECONDS
    for step in STEPS:
        for _ in step(record, channel_purges.purged_channel(record)):
            if time.monotonic() > deadline:
                return False
    return True


def _databases(_: Channel, channel_id: str) -> Iterator[None]:
    """The databases of all versions and of the draft, wherever they are, and what follows from them."""
    shown = database_key(channel_id).removesuffix(".sqlite3")
    for prefix in (shown, withdrawn_prefix(channel_id), search_part_prefix(channel_id), retained_files_key(channel_id)):
        keys = storage.all_keys(prefix)
        while found := list(islice(keys, BATCH)):
            in_parallel(storage.delete, found)
            yield


def _trees(record: Channel, _: str) -> Iterator[None]:
    roots = {root_id for root_id in channels.tree_names(record).values() if root_id}
    left = {node.id for node in nodes.get_many(sorted(roots))}
    for root_id in sorted(left):
        purges.cut_root(root_id)
        while not purging.remove_some(root_id):
            yield
        yield


def _references(_: Channel, channel_id: str) -> Iterator[None]:
    """After the trees: what they used is in use until they are gone. A deleted channel is charged for nothing."""
    for page in channel_files.pages(channel_id):
        file_references.remove([(entry.filename, entry.use) for entry in page])
        yield


def _members(_: Channel, channel_id: str) -> Iterator[None]:
    for member in channel_members.of_channel(channel_id):
        channel_members.remove_of_gone(member)
        yield


def _invitations(_: Channel, channel_id: str) -> Iterator[None]:
    for invitation in invitations.of_channel(channel_id):
        invitations.remove(invitation)
        yield


def _bookmarks(_: Channel, channel_id: str) -> Iterator[None]:
    for user_id in bookmarks.of_channel(channel_id):
        bookmarks.remove(user_id, channel_id)
        yield


def _tokens(record: Channel, channel_id: str) -> Iterator[None]:
    for token in filter(None, (record.primary_token, record.draft_token)):
        if secret_tokens.remove_of_channel(token, channel_id):
            yield


def _versions(_: Channel, channel_id: str) -> Iterator[int]:
    return channel_purges.remove_versions(channel_id)


def _feed(_: Channel, channel_id: str) -> Iterator[int]:
    expires = int((now() + days(retention.CHANGES)).timestamp())
    return channel_purges.remove_changes(channel_id, expires)


# Each yields after a write, and writes nothing twice, so that a run that is stopped there has come further.
STEPS: tuple[Callable[[Channel, str], Iterator[int | None]], ...] = (
    _databases,
    _trees,
    _references,
    _members,
    _invitations,
    _bookmarks,
    _tokens,
    _versions,
    _feed,
)
