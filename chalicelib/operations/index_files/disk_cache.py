"""Disk cache of immutable files from the bucket, which stay open while there is room."""

import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from chalicelib.aws import storage
from chalicelib.config import settings

MAX_FILES = 200  # a process may have about a thousand files open

T = TypeVar("T")


@dataclass(frozen=True)
class _Cached:
    path: Path
    size: int  # bytes
    content: Any


# One lock suffices: a Lambda instance serves one request, and other threads usually wait for the same file.
_lock = Lock()
_cache: OrderedDict[str, _Cached] = OrderedDict()  # by key, least recently used first


def opened(key: str, open_file: Callable[[Path], T]) -> T:
    """The result of `open_file` for an object in the bucket, which is downloaded and opened on first use.

    `open_file` must keep the file open, as the file is deleted when others need the room. Its space is freed once the
    result is no longer used. Raises KeyError if the object does not exist.
    """
    with _lock:
        if key not in _cache:
            _cache[key] = _fetched(key, open_file)
        _cache.move_to_end(key)
        content: T = _cache[key].content
        return content


def _fetched(key: str, open_file: Callable[[Path], T]) -> _Cached:
    size, chunks = storage.stream(key)
    _make_room(size)
    handle, name = tempfile.mkstemp(dir=_folder().name)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        return _Cached(path, size, open_file(path))
    except BaseException:
        path.unlink()
        raise


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """The folder of cached files, deleted when the process ends. Call it under the lock, as there must be only one."""
    return tempfile.TemporaryDirectory(prefix="studio-")


def _make_room(size: int) -> None:
    """Evict the least recently used files until a file of this size fits."""
    while _cache and (len(_cache) >= MAX_FILES or _used() + size > settings().disk_cache):
        _, oldest = _cache.popitem(last=False)
        oldest.path.unlink()


def _used() -> int:
    return sum(cached.size for cached in _cache.values())
