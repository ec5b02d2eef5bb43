"""Read access to an SQLite file that never changes, shared by several threads."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.sqlite import sqlite3

# The file never changes, so SQLite need not lock it or check for changes.
_MODE = "?mode=ro&immutable=1"


class SharedFile:
    """An open SQLite file, which may be deleted from disk during the lifetime of this object.

    `table` is the name of any table in it; `functions` are additional SQL functions. Raises sqlite3.OperationalError
    if the file does not exist.
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

    def each(self, sql: str) -> Iterator[sqlite3.Row]:
        """The rows of a query, one after the other: there may be more than fit into memory."""
        return iter(self._connection().execute(sql))

    def close(self) -> None:
        """Close this thread's connection and the first one. No thread may read from the file afterwards."""
        self._connection().close()
        self._first.close()

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread. Threads share the first connection if the file was deleted meanwhile."""
        existing: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if existing is None:
            existing = self._of_thread.connection = self._another()
        return existing

    def _another(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError:
            return self._first

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
        connection.execute(f"SELECT 1 FROM {self._table}")  # opens the file  # noqa: S608 (the caller's constant)
        connection.row_factory = sqlite3.Row
        for name, function in self._functions.items():
            connection.create_function(name, function.__code__.co_argcount, function, deterministic=True)
        return connection
