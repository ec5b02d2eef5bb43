"""Writing the search index: one SQLite file with the nodes of all published channels, public and private.

A node's `place` combines the channel's number and the node's number: `channel << CHANNEL_BITS | node`. So the channel
of a match is known without reading the node.
"""

from pathlib import Path
from typing import Any

from chalicelib.content_databases.search_part import COLUMNS, TEXTS
from chalicelib.content_databases.search_words import spaced, summary
from chalicelib.sqlite import sqlite3

CHANNEL_BITS = 24  # of a place; a channel has fewer nodes than 2^24
SEARCHED = ("title", *TEXTS)
SUMMARY = "summary"  # the beginning of the description
_IDS = ("id", "node_id", "content_id")
_SCHEMA = (
    "CREATE TABLE channel (number INTEGER PRIMARY KEY, id TEXT UNIQUE, version INTEGER, root_id BLOB, name TEXT)",
    f"CREATE TABLE node (place INTEGER PRIMARY KEY, {', '.join(COLUMNS)}, {SUMMARY})",
    *(f"CREATE INDEX node_{name} ON node ({name})" for name in _IDS),
    # A contentless table: the texts themselves are not stored.
    f"CREATE VIRTUAL TABLE words USING fts5({', '.join(SEARCHED)}, content='', contentless_delete=1, "
    "tokenize='unicode61 remove_diacritics 2')",
)
_OF_CHANNEL = "FROM node WHERE place BETWEEN :number << :bits AND (:number + 1 << :bits) - 1"


class SearchWriter:
    """Writes to an index file that is not in use yet. Use it as a context manager, which closes the file."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.create_function("spaced", 1, spaced, deterministic=True)
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.create_function("summary", 1, summary, deterministic=True)
        for statement in _SCHEMA if new else self._missing():
            self._connection.execute(statement)
        self._changed = False

    def __enter__(self) -> "SearchWriter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._changed:
            self._connection.execute(
                "INSERT INTO words (words) VALUES ('optimize')"
            )  # read far more often than written
        self._connection.close()

    def _missing(self) -> list[str]:
        """What a file of an earlier version lacks. Its channels get summaries when they are indexed again."""
        columns = self._connection.execute("SELECT name FROM pragma_table_info('node')").fetchall()
        return [] if (SUMMARY,) in columns else [f"ALTER TABLE node ADD COLUMN {SUMMARY}"]

    def versions(self) -> dict[str, int]:
        """The indexed version of each channel."""
        return dict(self._connection.execute("SELECT id, version FROM channel").fetchall())

    def put(self, part: Path) -> None:
        """Add the channel of an index part, or replace it."""
        self._connection.execute("ATTACH ? AS part", (str(part),))
        channel_id, version, root_id, name = self._connection.execute("SELECT * FROM part.about").fetchone()
        self._connection.execute("BEGIN")
        self._remove(channel_id)
        values = (channel_id, version, root_id, name)
        number = self._connection.execute("INSERT INTO channel VALUES (NULL, ?, ?, ?, ?)", values).lastrowid
        self._copy({"number": number, "bits": CHANNEL_BITS})
        self._connection.execute("COMMIT")
        self._connection.execute("DETACH part")
        self._changed = True

    def remove(self, channel_id: str) -> bool:
        """Remove a channel. Returns whether it was in the index."""
        self._connection.execute("BEGIN")
        was_in = self._remove(channel_id)
        self._connection.execute("COMMIT")
        self._changed |= was_in
        return was_in

    def _copy(self, place: dict[str, Any]) -> None:
        columns, texts = ", ".join(COLUMNS), ", ".join(f"spaced({name})" for name in SEARCHED)
        below = ":number << :bits | number"
        values = f"{below}, {columns}, summary(description)"
        into = f"node (place, {columns}, {SUMMARY})"
        self._connection.execute(f"INSERT INTO {into} SELECT {values} FROM part.node", place)  # noqa: S608
        into = f"words (rowid, {', '.join(SEARCHED)})"
        self._connection.execute(f"INSERT INTO {into} SELECT {below}, {texts} FROM part.node", place)  # noqa: S608

    def _remove(self, channel_id: str) -> bool:
        found = self._connection.execute("SELECT number FROM channel WHERE id = ?", (channel_id,)).fetchone()
        if found is None:
            return False
        place = {"number": found[0], "bits": CHANNEL_BITS}
        self._connection.execute(f"DELETE FROM words WHERE rowid IN (SELECT place {_OF_CHANNEL})", place)  # noqa: S608
        self._connection.execute(f"DELETE {_OF_CHANNEL}", place)
        self._connection.execute("DELETE FROM channel WHERE number = ?", found)
        return True
