"""SQLite, the newest there is: Lambda's Python 3.11 brings one of 2013, which knows neither JSON nor upserts."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import pysqlite3.dbapi2 as sqlite3
    except ModuleNotFoundError:  # there is no wheel for this machine, which then is not Lambda's
        import sqlite3

__all__ = ["sqlite3"]
