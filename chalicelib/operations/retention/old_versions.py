"""Delete the databases of old versions: all but the newest ones, and those that a token names.

The record of a version stays, and says that its database is gone. Files that only such a version used lose their use.
"""

from collections.abc import Iterator

from chalicelib.aws import storage
from chalicelib.domain.storage import retention
from chalicelib.domain.storage_keys import database_key, search_part_key, withdrawn_key
from chalicelib.domain.storage_uses import DATABASES, VERSIONS, use_of
from chalicelib.models import channel_versions, channels, file_references
from chalicelib.models.base import in_parallel, update_if
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.file_references import Key
from chalicelib.models.retention import value_of
from chalicelib.operations.storage import uses

MAX_ENDED = 200  # versions whose databases are deleted by one message; the next walk continues


def is_due(channel: Channel) -> bool:
    """Whether a channel may have databases to delete. Those of a deleted channel stay, in case it is restored."""
    return not channel.deleted and int(channel.kept_from) < _first_kept(channel)


def end(channel_id: str) -> None:
    """Delete the databases of a channel's old versions: a job. Each version is marked first, and passed last, so that a
    job that is repeated completes what was interrupted."""
    channel = channels.get(channel_id)
    if channel is None or not is_due(channel):
        return
    first, beyond = int(channel.kept_from), min(_first_kept(channel), int(channel.kept_from) + MAX_ENDED)
    stays = _mark(channel_versions.between(channel.id, first, beyond - 1))
    gone = [version for version in range(first, beyond) if version not in stays]
    in_parallel(storage.delete, [key for version in gone for key in _keys(channel.id, version)])
    uses.prepare_end(channel.id, _uses(channel.id))
    passed = min(stays, default=beyond)
    as_read = Channel.id.exists() & (Channel.kept_from.does_not_exist() | (Channel.kept_from < passed))
    update_if(Channel(channel.id), [Channel.kept_from.set(passed)], as_read)


def _first_kept(channel: Channel) -> int:
    return int(channel.version) - value_of(retention.VERSIONS) + 1


def _mark(versions: list[ChannelVersion]) -> set[int]:
    """Mark versions as without a database. Returns those that a token names."""
    named = channel_versions.named_by_tokens(versions)
    marked = [version for version in versions if version.version not in named]
    return named | {int(one.version) for one in marked if not channel_versions.end_database(one)}


def _keys(channel_id: str, version: int) -> list[str]:
    keys = (database_key, withdrawn_key, search_part_key)
    return [key(channel_id, version) for key in keys]


def _uses(channel_id: str) -> Iterator[Key]:
    """The uses of files by a channel's databases, which may have ended. The job finds out."""
    for use in (use_of(channel_id, kind) for kind in (DATABASES, VERSIONS)):
        for entry in file_references.of_channel(channel_id, use):
            if entry.use != use:
                break
            yield str(entry.filename), use
