"""An SQLite file that never changes, opened for reading by several threads at once."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.sqlite import sqlite3

# Nobody writes to the file, so that SQLite needs neither locks nor a look for changes.
_MODE = "?mode=ro&immutable=1"


class SharedFile:
    """Open as long as it is known, so that the file may be removed from the disk meanwhile.

    `table` is one that it has, `functions` are known to queries beside SQLite's own. Raises sqlite3.OperationalError
    where there is no such file.
    """

    def __init__(self, path: Path, table: str, functions: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self._uri = path.absolute().as_uri() + _MODE
        self._table = table
        self._functions = functions or {}
        self._of_thread = threading.local()
        self._first = self._connect()

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._connection().execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Free what this thread has open, at once. Nobody may be reading, nor read again."""
        self._connection().close()
        self._first.close()

    def _connection(self) -> sqlite3.Connection:
        """One for each thread, so that they need not wait for each other; where the file is gone already, the first."""
        known: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if known is None:
            known = self._of_thread.connection = self._another()
        return known

    def _another(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError:
            return self._first

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
        connection.execute(f"SELECT 1 FROM {self._table}")  # opens the file  # noqa: S608 - our own name
        connection.row_factory = sqlite3.Row
        for name, function in self._functions.items():
            connection.create_function(name, function.__code__.co_argcount, function, deterministic=True)
        return connection
