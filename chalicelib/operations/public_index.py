"""The public index as this process knows it, looked after once a second."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.config import settings
from chalicelib.models import public_index
from chalicelib.models.public_index import PublicIndex
from chalicelib.operations.local_files import opened
from chalicelib.published.index_file import IndexFile, PublicChannel
from chalicelib.telemetry import count, log

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


@dataclass(frozen=True)
class _Known:
    index: Index
    checked: float

    def is_fresh(self) -> bool:
        return time.monotonic() - self.checked < settings().index_seconds


_lock = Lock()
_known: dict[str, _Known] = {}  # by table prefix: one, but for tests


def current() -> Index:
    """The public index, at most `index_seconds` behind. One read where that time is over, none otherwise.

    Where AWS does not answer, the one that is known goes on being it.
    """
    known = _known.get(settings().table_prefix)
    if known and known.is_fresh():
        return known.index
    with _lock:
        again = _known.get(settings().table_prefix)
        if again is not known and again and again.is_fresh():  # another thread has looked meanwhile
            return again.index
        return _looked_up(again)


def newest() -> Index:
    """The public index as it is now: another instance may have told a client of what is not in `current` yet."""
    with _lock:
        return _looked_up(_known.get(settings().table_prefix))


def _looked_up(known: _Known | None) -> Index:
    try:
        index = _newest(known.index if known else None)
    except (BotoCoreError, ClientError, PynamoDBException):
        if known is None:
            raise
        log.exception("the public index cannot be looked up; the known one is used")
        count("StalePublicIndex")
        index = known.index
    _known[settings().table_prefix] = _Known(index, time.monotonic())
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
    raise TimeoutError("The public index changed 5 times while it was fetched, or its file is missing.")


def _loaded(pointer: PublicIndex) -> Index:
    file = opened(pointer.key, IndexFile)
    return Index(pointer.key, pointer.modified, tuple(file.channels()), file)
