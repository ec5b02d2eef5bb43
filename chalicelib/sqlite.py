"""A current SQLite: Lambda's Python 3.11 has one of 2013, which supports neither JSON nor upserts."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import pysqlite3.dbapi2 as sqlite3
    except ModuleNotFoundError:  # not on Lambda: pysqlite3 has no wheel for this machine
        import sqlite3

__all__ = ["sqlite3"]
