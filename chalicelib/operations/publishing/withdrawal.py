"""The databases of deleted channels: withdrawn from where the CDN serves them, and brought back when they are restored.

The databases of all versions are copied to a private prefix before they are deleted, and their copies stay, so that no
order of deletions, restorations and killed workers can lose one.
"""

from collections.abc import Iterable

from chalicelib.aws import queues, storage
from chalicelib.domain import jobs
from chalicelib.domain.storage_keys import database_key, version_of, withdrawn_key
from chalicelib.errors import Busy
from chalicelib.models import channel_versions, channels
from chalicelib.models.base import in_parallel
from chalicelib.models.channels import Channel
from chalicelib.operations.publishing import drafts, publish_lock

CHUNK = 20  # channels per message
MAX_ROUNDS = 5  # if the channel is deleted and restored meanwhile


def place(channel_id: str) -> None:
    """Bring a channel's databases to where its state requires: a job of the maintenance queue. May run repeatedly.

    Raises Busy if a restored channel is being published, or the channel is deleted and restored again and again.
    """
    for rounds_left in reversed(range(MAX_ROUNDS)):
        channel = channels.get(channel_id)
        if channel is None:
            return
        try:
            (_withdraw if channel.deleted else _bring_back)(channel)
        except KeyError:  # another worker has moved a database meanwhile
            if not rounds_left:
                raise
            continue
        after = channels.get(channel_id)
        if after is None or bool(after.deleted) == bool(channel.deleted):
            return
    raise Busy(f"Channel {channel_id} is being deleted and restored.")


def place_all() -> None:
    """Send that job for every deleted channel, for those that were deleted by versions that left their databases."""
    deleted = [channel.id for channel in channels.everything() if channel.deleted]
    for at in range(0, len(deleted), CHUNK):
        chunk = deleted[at : at + CHUNK]
        queues.send_maintenance(*(jobs.PLACE_DATABASES.message(channel_id=channel_id) for channel_id in chunk))


def _withdraw(channel: Channel) -> None:
    keys = list(storage.all_keys(database_key(channel.id).removesuffix(".sqlite3")))
    in_parallel(storage.delete, [key for key in keys if version_of(key) is None])
    in_parallel(lambda version: _hide(channel.id, version), _versions(keys))
    if channel.draft_token and not channel.publish_task_id:  # a running task sends this job when it ends
        drafts.end(channel)


def _hide(channel_id: str, version: int) -> None:
    shown = database_key(channel_id, version)
    storage.copy(shown, withdrawn_key(channel_id, version), storage.SQLITE, storage.NEWEST)
    storage.delete(shown)


def _bring_back(channel: Channel) -> None:
    """Under the lease, as a publish writes the newest database, too; without it, which would delay a publish, if
    nothing is missing."""
    if not any(_missing(channel)):
        return
    with publish_lock.reserved(channel):
        current = channels.get(channel.id) or channel
        versions, newest = _missing(current)
        in_parallel(lambda version: _show(channel.id, version), versions)
        if newest:
            storage.copy(newest, database_key(channel.id), storage.SQLITE, storage.NEWEST)


def _missing(channel: Channel) -> tuple[list[int], str | None]:
    """(versions that are withdrawn and not shown, the key to copy the newest database from, or None if it is shown)."""
    shown = set(storage.all_keys(database_key(channel.id).removesuffix(".sqlite3")))
    hidden = _versions(storage.all_keys(withdrawn_key(channel.id, "").removesuffix(".sqlite3")))
    versions = [one for one in hidden if one <= channel.version and database_key(channel.id, one) not in shown]
    if any(one <= channel.version - 1 for one in versions):
        versions = sorted(set(versions) - channel_versions.ended(channel.id))
    has_newest = not channel.version or database_key(channel.id) in shown
    return versions, None if has_newest else database_key(channel.id, int(channel.version))


def _show(channel_id: str, version: int) -> None:
    storage.copy(withdrawn_key(channel_id, version), database_key(channel_id, version), storage.SQLITE, storage.NEWEST)


def _versions(keys: Iterable[str]) -> list[int]:
    return [version for key in keys if (version := version_of(key)) is not None]
