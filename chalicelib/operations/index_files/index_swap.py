"""How an index file of the bucket is exchanged for a newer one, whoever else does so at the same time.

A file is never changed: a copy of the newest one is, which is then made the newest on condition that nobody else was
faster. Who was slower begins anew, so that no change is lost; who is killed leaves a file that nobody names.
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
OLD = timedelta(hours=1)  # nobody writes an index for so long

# Changes the file at a path, which is not there where there is none yet or where it was lost. Says whether it did.
Edit = Callable[[Path], bool]


@dataclass(frozen=True)
class Shelf:
    """Where the files of an index are: the name of the item that names the newest, and the keys of all of them."""

    name: str
    key_of: Callable[[str], str]  # of a file with this name


class _Outcome(Enum):
    SAME = "the index says what it should"
    SWAPPED = "a new index was written"
    LOST = "somebody else was faster"


def bring_up_to_date(shelf: Shelf, edit: Edit) -> None:
    """Let `edit` change the newest file until it finds nothing to change.

    After a change it looks again: what the index follows may have changed between the look at it and the exchange,
    and whoever changed it found the index as it should be. Raises Busy where it changes all the time.
    """
    for _ in range(_TRIES):
        if _pass(shelf, edit) is _Outcome.SAME:
            return
    raise Busy(f"The index {shelf.name} is being changed by others; it will follow.")


def write_anew(shelf: Shelf, edit: Edit) -> None:
    """Let `edit` write the newest file anew, and remove the files that killed workers left."""
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
    """Whether this is still the newest index, although its file is not there."""
    newest = public_index.current(shelf.name)
    return old is not None and newest is not None and newest.key == old.key


def _swapped(shelf: Shelf, old: PublicIndex | None, path: Path) -> bool:
    key = shelf.key_of(new_id())
    with path.open("rb") as file:
        storage.put(key, file, storage.SQLITE)
    if not public_index.replace(old, key, shelf.name):
        newest = public_index.current(shelf.name)
        if newest is None or newest.key != key:  # else it was done, and only the answer was lost
            storage.delete(key)
            return False
    if old and old.previous_key:  # readers may still be fetching `old`, but hardly the one before it
        storage.delete(old.previous_key)
    return True


def _sweep(shelf: Shelf) -> None:
    newest = public_index.current(shelf.name)
    named = {newest.key, newest.previous_key} if newest else set()
    for key, written in storage.keys_below(shelf.key_of("").removesuffix(".sqlite3")):
        if key not in named and now() - written > OLD:
            storage.delete(key)
