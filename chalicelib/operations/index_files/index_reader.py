"""What the newest index file of a name says, as this process knows it: looked after once a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.config import settings
from chalicelib.models import public_index
from chalicelib.models.public_index import PublicIndex
from chalicelib.telemetry import count, log

_TRIES = 5

T = TypeVar("T")


@dataclass(frozen=True)
class _Known(Generic[T]):
    key: str  # of the file, "" where there is none yet
    content: T
    checked: float

    def is_fresh(self) -> bool:
        return time.monotonic() - self.checked < settings().index_seconds


class NewestFile(Generic[T]):
    """The content of the newest file of a name (`models.public_index`), for any number of threads.

    `load` makes the content out of the item that names the file, or out of None before there is one. It raises
    KeyError where the file is gone.
    """

    def __init__(self, name: str, load: Callable[[PublicIndex | None], T]) -> None:
        self._name = name
        self._load = load
        self._lock = Lock()
        self.known: dict[str, _Known[T]] = {}  # by table prefix: one, but for tests

    def current(self) -> T:
        """The content, at most `index_seconds` behind. One read where that time is over, none otherwise.

        Where AWS does not answer, or the newest file cannot be had, the one that is known goes on being it.
        """
        known = self.known.get(settings().table_prefix)
        if known and known.is_fresh():
            return known.content
        with self._lock:
            again = self.known.get(settings().table_prefix)
            if again and again.is_fresh():  # another thread has looked meanwhile
                return again.content
            return self._looked_up(again)

    def newest(self) -> T:
        """The content as it is now: another instance may have told a client of what is not in `current` yet."""
        with self._lock:
            return self._looked_up(self.known.get(settings().table_prefix))

    def _looked_up(self, known: _Known[T] | None) -> T:
        try:
            key, content = self._newest(known)
        except UNAVAILABLE:
            if known is None:
                raise
            log.exception("the index %s cannot be looked up; the known one is used", self._name)
            count("StalePublicIndex")
            key, content = known.key, known.content
        self.known[settings().table_prefix] = _Known(key, content, time.monotonic())
        return content

    def _newest(self, known: _Known[T] | None) -> tuple[str, T]:
        for _ in range(_TRIES):
            pointer = public_index.current(self._name)
            key = pointer.key if pointer else ""
            if known and known.key == key:
                return key, known.content
            try:
                return key, self._load(pointer)
            except KeyError:  # another file has replaced it since, and another that one
                continue
        raise TimeoutError(f"The index {self._name} changed 5 times while it was fetched, or its file is missing.")
