"""Files of the bucket that never change, kept on this process's disk for as long as there is room."""

import os
import tempfile
from collections import OrderedDict
from functools import cache
from pathlib import Path
from threading import Lock

from chalicelib import storage
from chalicelib.config import settings

_lock = Lock()
_downloads: dict[str, Lock] = {}
_kept: OrderedDict[str, Path] = OrderedDict()  # by key, the least recently used first


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="studio-")


def local_copy(key: str) -> Path:
    """An object of the bucket as a local file, fetched at its first use. Whoever has the file open may go on reading.

    Raises KeyError where there is no such object.
    """
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
        download = _downloads.setdefault(key, Lock())
    with download:
        with _lock:
            if key in _kept:
                return _kept[key]
        path = _fetch(key)
        with _lock:
            _kept[key] = path
            _downloads.pop(key, None)
            _make_room()
    return path


def _fetch(key: str) -> Path:
    handle, name = tempfile.mkstemp(dir=_folder().name)
    os.close(handle)
    path = Path(name)
    try:
        storage.download(key, path)
    except BaseException:
        path.unlink()
        raise
    return path


def _make_room() -> None:
    """Forget the least recently used files, but never the newest."""
    used = sum(path.stat().st_size for path in _kept.values())
    while used > settings().disk_cache and len(_kept) > 1:
        _, path = _kept.popitem(last=False)
        used -= path.stat().st_size
        path.unlink()
