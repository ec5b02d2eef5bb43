"""The public index as cached by this process, at most `index_seconds` old."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from chalicelib.content_databases.index_file import IndexFile, PublicChannel
from chalicelib.models import public_index
from chalicelib.models.public_index import PublicIndex
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.index_files.index_reader import NewestFile

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Index:
    """The public channels at one time."""

    key: str  # of its file, unique per index
    modified: datetime  # in whole seconds, different for every revision
    channels: tuple[PublicChannel, ...]  # sorted by name
    file: IndexFile | None

    @cached_property
    def by_id(self) -> dict[str, PublicChannel]:
        """Public channels by id."""
        return {channel.id: channel for channel in self.channels}

    @cached_property
    def by_token(self) -> dict[str, PublicChannel]:
        """Public channels by their own tokens."""
        return {token: channel for channel in self.channels for token in channel.tokens}


def _load(pointer: PublicIndex | None) -> Index:
    if pointer is None:
        return Index("", _EPOCH, (), None)
    file = opened(pointer.key, IndexFile)
    return Index(pointer.key, pointer.modified, tuple(file.channels()), file)


_file = NewestFile(public_index.PUBLIC, _load)
current = _file.current
newest = _file.newest
