"""The newest index file with a name, cached by this process and checked once per second."""

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
class _Cached(Generic[T]):
    key: str  # of the file, "" if there is none yet
    content: T
    checked: float

    def is_fresh(self) -> bool:
        return time.monotonic() - self.checked < settings().index_seconds


class NewestFile(Generic[T]):
    """The content of the newest file with a name (`models.public_index`), shared by any number of threads.

    `load` gets the item that refers to the file, or None if there is none yet, and returns the content. It raises
    KeyError if the file was deleted.
    """

    def __init__(self, name: str, load: Callable[[PublicIndex | None], T]) -> None:
        self._name = name
        self._load = load
        self._lock = Lock()
        self.known: dict[str, _Cached[T]] = {}  # by table prefix: only one, except in tests

    def current(self) -> T:
        """The content, at most `index_seconds` old. One read if that time has passed, otherwise none.

        If AWS does not respond or the newest file cannot be loaded, the cached content is returned.
        """
        known = self.known.get(settings().table_prefix)
        if known and known.is_fresh():
            return known.content
        with self._lock:
            again = self.known.get(settings().table_prefix)
            if again and again.is_fresh():  # another thread updated it meanwhile
                return again.content
            return self._looked_up(again)

    def newest(self) -> T:
        """The newest content. Use it if a client may have seen, from another instance, what `current` lacks."""
        with self._lock:
            return self._looked_up(self.known.get(settings().table_prefix))

    def _looked_up(self, known: _Cached[T] | None) -> T:
        try:
            key, content = self._newest(known)
        except UNAVAILABLE:
            if known is None:
                raise
            log.exception("the index %s cannot be looked up; the cached one is used", self._name)
            count("StalePublicIndex")
            key, content = known.key, known.content
        self.known[settings().table_prefix] = _Cached(key, content, time.monotonic())
        return content

    def _newest(self, known: _Cached[T] | None) -> tuple[str, T]:
        for _ in range(_TRIES):
            pointer = public_index.current(self._name)
            key = pointer.key if pointer else ""
            if known and known.key == key:
                return key, known.content
            try:
                return key, self._load(pointer)
            except KeyError:  # it was replaced twice since the lookup
                continue
        raise TimeoutError(f"The index {self._name} changed 5 times while being fetched, or its file is missing.")
