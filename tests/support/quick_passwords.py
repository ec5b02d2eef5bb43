"""Hashes passwords at minimal cost: normally, each hash takes 64 MB and more time than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from argon2 import PasswordHasher

from chalicelib.identity import accounts

_PROPER = PasswordHasher.__init__.__defaults__ or ()
_QUICK = (2, 8, 1, *_PROPER[3:])  # passes, KiB, threads
_PROPER_DUMMY_HASH = accounts._DUMMY_HASH


def hash_quickly() -> None:
    """From now on, hash all passwords quickly, including the dummy for unknown users."""
    PasswordHasher.__init__.__defaults__ = _QUICK
    accounts._DUMMY_HASH = accounts.hash_password("unknown to everyone")


@contextmanager
def hashed_properly() -> Iterator[None]:
    """Within, hash passwords at the application's cost."""
    with (
        patch.object(PasswordHasher.__init__, "__defaults__", _PROPER),
        patch.object(accounts, "_DUMMY_HASH", _PROPER_DUMMY_HASH),
    ):
        yield
