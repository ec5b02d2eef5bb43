"""The public index as this process knows it, looked after once a second."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock

from chalicelib.config import settings
from chalicelib.models import public_index
from chalicelib.models.public_index import PublicIndex
from chalicelib.operations.local_files import local_copy
from chalicelib.published.index_file import IndexFile, PublicChannel

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_TRIES = 5


@dataclass(frozen=True)
class Index:
    """What is public, at one moment."""

    key: str  # of its file: no two indexes have the same
    modified: datetime  # to the second, and never the same for two revisions
    channels: tuple[PublicChannel, ...]  # by name
    file: IndexFile | None

    @cached_property
    def by_id(self) -> dict[str, PublicChannel]:
        """Public channels by id."""
        return {channel.id: channel for channel in self.channels}

    @cached_property
    def by_token(self) -> dict[str, PublicChannel]:
        """Public channels by their own tokens."""
        return {token: channel for channel in self.channels for token in channel.tokens}


@dataclass
class _Known:
    index: Index
    checked: float


_lock = Lock()
_known: dict[str, _Known] = {}  # by table prefix: one, but for tests


def current() -> Index:
    """The public index, at most `index_seconds` behind. One read where that time is over, none otherwise."""
    name = settings().table_prefix
    known = _known.get(name)
    if known and time.monotonic() - known.checked < settings().index_seconds:
        return known.index
    with _lock:
        index = _newest(known.index if known else None)
        _known[name] = _Known(index, time.monotonic())
    return index


def _newest(old: Index | None) -> Index:
    for _ in range(_TRIES):
        pointer = public_index.current()
        if pointer is None:
            return Index("", _EPOCH, (), None)
        if old and old.key == pointer.key:
            return old
        try:
            return _loaded(pointer)
        except KeyError:  # another index has replaced it since, and another that one
            continue
    raise TimeoutError("The public index changed 5 times while it was fetched.")


def _loaded(pointer: PublicIndex) -> Index:
    file = IndexFile(local_copy(pointer.key))
    return Index(pointer.key, pointer.modified, tuple(file.channels()), file)
