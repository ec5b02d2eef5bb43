"""The public index: an SQLite file that lists the public channels and maps nodes to them.

An update writes a new file; existing files never change. Nodes and contents are indexed by the first 15 digits of
their ids, which is enough to find the channel, whose content database has the full ids.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.facts import facts_of
from chalicelib.content_databases.public_entries import Entry, Shown, channel_metadata
from chalicelib.domain import jsontext
from chalicelib.schemas.responses.public import PublicChannel as PublicEntry
from chalicelib.sqlite import sqlite3

_DIGITS = 15  # of 32, so that they fit into SQLite's signed integers
_SCHEMA = (
    # Channels keep their tree ids if they become private and public again.
    "CREATE TABLE tree (id INTEGER PRIMARY KEY, channel_id TEXT UNIQUE)",
    "CREATE TABLE channel (tree_id INTEGER PRIMARY KEY, id TEXT UNIQUE, record TEXT, facts TEXT)",
    "CREATE TABLE node (prefix INTEGER, tree_id INTEGER, PRIMARY KEY (prefix, tree_id)) WITHOUT ROWID",
    "CREATE TABLE content (prefix INTEGER, tree_id INTEGER, PRIMARY KEY (prefix, tree_id)) WITHOUT ROWID",
)


@dataclass(frozen=True)
class PublicChannel:
    """A public channel. Its `tree_id` is never used for another channel."""

    tree_id: int
    id: str
    entry: PublicEntry  # as in the channel list
    facts: dict[str, Any]  # about its nodes, see `facts_of`
    tokens: tuple[str, ...]
    shown: Shown  # further fields of the catalog

    @property
    def version(self) -> int:
        """The public version."""
        return int(self.entry["version"])

    @property
    def countries(self) -> list[str]:
        """Codes of the countries that the channel is relevant to."""
        return self.shown.get("countries", [])

    @cached_property
    def name_key(self) -> tuple[str, str]:
        """The sort key in lists of channels."""
        return name_key(self.entry)

    @cached_property
    def text(self) -> str:
        """The entry as JSON text."""
        return jsontext.dumps(self.entry)

    @cached_property
    def metadata(self) -> str:
        """The channel in the shape of Kolibri's v2/channel, as JSON text."""
        return jsontext.dumps(channel_metadata(self.entry, self.facts, self.countries))


@dataclass(frozen=True)
class Record:
    """The data of a channel that is written to the index."""

    id: str
    entry: PublicEntry
    tokens: Sequence[str]
    shown: Shown

    @property
    def text(self) -> str:
        """The record as JSON text; equal records give equal texts."""
        return json.dumps([self.entry, list(self.tokens), self.shown], ensure_ascii=False)


class IndexWriter:
    """Writes to an index file that is not in use yet. Use it as a context manager, which closes the file."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        for statement in _SCHEMA if new else ():
            self._connection.execute(statement)

    def __enter__(self) -> "IndexWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def holds(self, record: Record) -> bool:
        """Whether the index already has exactly this record."""
        return bool(self._one("SELECT record FROM channel WHERE id = ?", record.id) == record.text)

    def put(self, record: Record, database: ContentDatabase) -> None:
        """Add a channel with its content database, or replace it."""
        facts = json.dumps(facts_of(database), ensure_ascii=False)
        self._connection.execute("BEGIN")
        self._connection.execute("INSERT OR IGNORE INTO tree (channel_id) VALUES (?)", (record.id,))
        tree_id = int(self._one("SELECT id FROM tree WHERE channel_id = ?", record.id))
        values = (tree_id, record.id, record.text, facts)
        self._connection.execute("INSERT OR REPLACE INTO channel VALUES (?, ?, ?, ?)", values)
        self._write_nodes(tree_id, database)
        self._connection.execute("COMMIT")

    def channel_ids(self) -> list[str]:
        """The ids of all channels in the index."""
        return [id for (id,) in self._connection.execute("SELECT id FROM channel")]

    def forget(self) -> None:
        """Remove all channels; their tree ids remain reserved."""
        for table in ("channel", "node", "content"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 (names from this module)

    def remove(self, channel_id: str) -> bool:
        """Remove a channel. Returns whether it was in the index."""
        tree_id = self._one("SELECT tree_id FROM channel WHERE id = ?", channel_id)
        if tree_id is None:
            return False
        self._connection.execute("BEGIN")
        self._connection.execute("DELETE FROM channel WHERE tree_id = ?", (tree_id,))
        self._clear(tree_id)
        self._connection.execute("COMMIT")
        return True

    def _one(self, statement: str, value: str) -> Any:
        row = self._connection.execute(statement, (value,)).fetchone()
        return row[0] if row else None

    def _write_nodes(self, tree_id: int, database: ContentDatabase) -> None:
        self._clear(tree_id)
        for table, column in (("node", "id"), ("content", "content_id")):
            ids = database.each(f"SELECT {column} FROM content_contentnode ORDER BY {column}")  # noqa: S608 (names)
            prefixes = ((_prefix(id), tree_id) for (id,) in ids)
            self._connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", prefixes)  # noqa: S608

    def _clear(self, tree_id: int) -> None:
        self._connection.execute("DELETE FROM node WHERE tree_id = ?", (tree_id,))
        self._connection.execute("DELETE FROM content WHERE tree_id = ?", (tree_id,))


class IndexFile:
    """Read access to a complete index file, which any number of threads can share; their queries are serialized.

    The file stays open for the lifetime of this object, so it may be deleted from disk meanwhile.
    """

    def __init__(self, path: Path) -> None:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)

    def channels(self) -> list[PublicChannel]:
        """All public channels, sorted by name."""
        rows = self._rows("SELECT tree_id, id, record, facts FROM channel")
        return sorted((_channel(*row) for row in rows), key=lambda channel: channel.name_key)

    def of_nodes(self, node_ids: Iterable[str]) -> set[int]:
        """The tree ids of channels that may have any of these nodes."""
        return self._having("node", node_ids)

    def of_contents(self, content_ids: Iterable[str]) -> set[int]:
        """The tree ids of channels that may have any of these contents."""
        return self._having("content", content_ids)

    def _having(self, table: str, ids: Iterable[str]) -> set[int]:
        prefixes = json.dumps([_prefix(id) for id in ids])
        query = f"SELECT DISTINCT tree_id FROM {table} WHERE prefix IN (SELECT value FROM json_each(?))"  # noqa: S608
        return {tree_id for (tree_id,) in self._rows(query, prefixes)}

    def _rows(self, query: str, *values: str) -> list[Any]:
        return self._connection.execute(query, values).fetchall()


def name_key(entry: Entry) -> tuple[str, str]:
    """The sort key of channels: the name, ignoring case, then the id."""
    return entry["name"].casefold(), entry["id"]


def _prefix(id: str) -> int:
    return int(id[:_DIGITS], 16)


def _channel(tree_id: int, id: str, record: str, facts: str) -> PublicChannel:
    entry, tokens, shown = json.loads(record)
    return PublicChannel(tree_id, id, entry, json.loads(facts), tuple(tokens), shown)
