"""Replacement of an index file in the bucket by a newer one, safe under concurrent updates.

Files never change. An update edits a copy of the newest file and makes it the newest on condition that no other update
was faster; otherwise it starts again, so no change is lost. A killed worker leaves an orphaned file.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path

from chalicelib.aws import storage
from chalicelib.domain.ids import new_id
from chalicelib.errors import Busy
from chalicelib.models import public_index
from chalicelib.models.base import now
from chalicelib.models.public_index import PublicIndex

_TRIES = 8
OLD = timedelta(hours=1)  # longer than any update takes

# Edits the file at a path, which is missing if there is no index yet or its file was lost. Returns whether it changed.
Edit = Callable[[Path], bool]


@dataclass(frozen=True)
class Shelf:
    """The location of an index: the name of the item that refers to the newest file, and the keys of its files."""

    name: str
    key_of: Callable[[str], str]  # the key of a file by its name


class _Outcome(Enum):
    SAME = "the index is up to date"
    SWAPPED = "a new index was written"
    LOST = "another update was faster"


def bring_up_to_date(shelf: Shelf, edit: Edit) -> None:
    """Apply `edit` to the newest file until it finds nothing to change.

    It is applied once more after every change: the source data may have changed before the replacement, by a writer
    that saw the index as still up to date. Raises Busy if the index keeps changing.
    """
    for _ in range(_TRIES):
        if _pass(shelf, edit) is _Outcome.SAME:
            return
    raise Busy(f"The index {shelf.name} keeps being changed by others. It will be updated later.")


def rebuild(shelf: Shelf, edit: Edit) -> None:
    """Rebuild the newest file by `edit`, and delete orphaned files of killed workers."""
    for _ in range(_TRIES):
        if _pass(shelf, edit) is not _Outcome.LOST:
            break
    _sweep(shelf)


def _pass(shelf: Shelf, edit: Edit) -> _Outcome:
    old = public_index.current(shelf.name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite3"
        try:
            if old:
                storage.download(old.key, path)
        except KeyError:
            if not _is_newest(shelf, old):
                return _Outcome.LOST  # it was replaced twice since
        was_there = old is None or path.exists()
        if not edit(path) and was_there:
            return _Outcome.SAME
        return _Outcome.SWAPPED if _swapped(shelf, old, path) else _Outcome.LOST


def _is_newest(shelf: Shelf, old: PublicIndex | None) -> bool:
    """Whether this is still the newest index although its file is missing."""
    newest = public_index.current(shelf.name)
    return old is not None and newest is not None and newest.key == old.key


def _swapped(shelf: Shelf, old: PublicIndex | None, path: Path) -> bool:
    key = shelf.key_of(new_id())
    with path.open("rb") as file:
        storage.put(key, file, storage.SQLITE)
    if not public_index.replace(old, key, shelf.name):
        newest = public_index.current(shelf.name)
        if newest is None or newest.key != key:  # otherwise it succeeded and only the response was lost
            storage.delete(key)
            return False
    if old and old.previous_key:  # readers may still fetch `old`, but no longer the one before it
        storage.delete(old.previous_key)
    return True


def _sweep(shelf: Shelf) -> None:
    newest = public_index.current(shelf.name)
    named = {newest.key, newest.previous_key} if newest else set()
    for key, written in storage.keys_below(shelf.key_of("").removesuffix(".sqlite3")):
        if key not in named and now() - written > OLD:
            storage.delete(key)
