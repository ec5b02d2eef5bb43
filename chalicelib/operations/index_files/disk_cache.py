"""Files of the bucket that never change, kept open on this process's disk for as long as there is room."""

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

MAX_FILES = 200  # of a thousand that a process may have open

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept:
    path: Path
    size: int  # bytes
    content: Any


_lock = Lock()  # one thing at a time: a function of Lambda has one request, and what waits mostly waits for the same
_kept: OrderedDict[str, _Kept] = OrderedDict()  # by key, the least recently used first


def opened(key: str, open_file: Callable[[Path], T]) -> T:
    """What `open_file` makes of an object of the bucket, which is fetched and opened at its first use.

    It must hold the file open: the file is removed from the disk when others need the room, and then takes it until
    nobody uses what was opened. Raises KeyError where there is no such object.
    """
    with _lock:
        if key not in _kept:
            _kept[key] = _fetched(key, open_file)
        _kept.move_to_end(key)
        content: T = _kept[key].content
        return content


def _fetched(key: str, open_file: Callable[[Path], T]) -> _Kept:
    size, chunks = storage.stream(key)
    _make_room(size)
    handle, name = tempfile.mkstemp(dir=_folder().name)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        return _Kept(path, size, open_file(path))
    except BaseException:
        path.unlink()
        raise


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed when the process ends. To be asked for under the lock: there must be one only."""
    return tempfile.TemporaryDirectory(prefix="studio-")


def _make_room(size: int) -> None:
    """Let go of what was not used for longest, until a file of this size fits."""
    while _kept and (len(_kept) >= MAX_FILES or _used() + size > settings().disk_cache):
        _, oldest = _kept.popitem(last=False)
        oldest.path.unlink()


def _used() -> int:
    return sum(kept.size for kept in _kept.values())
