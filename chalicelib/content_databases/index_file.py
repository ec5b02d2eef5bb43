"""The public index: an SQLite file that says which channels are public and which of them has a node.

A file is written once, beside the one before it, and never changed after that. Nodes and contents are told by the
first 15 digits of their ids: that is enough to find the channel, whose content database knows the whole id.
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

_DIGITS = 15  # of 32: with the sign they fit SQLite's integers
_SCHEMA = (
    # Channels keep their tree ids when they go private and come back.
    "CREATE TABLE tree (id INTEGER PRIMARY KEY, channel_id TEXT UNIQUE)",
    "CREATE TABLE channel (tree_id INTEGER PRIMARY KEY, id TEXT UNIQUE, record TEXT, facts TEXT)",
    "CREATE TABLE node (prefix INTEGER, tree_id INTEGER, PRIMARY KEY (prefix, tree_id)) WITHOUT ROWID",
    "CREATE TABLE content (prefix INTEGER, tree_id INTEGER, PRIMARY KEY (prefix, tree_id)) WITHOUT ROWID",
)


@dataclass(frozen=True)
class PublicChannel:
    """A public channel. No other one ever has its `tree_id`."""

    tree_id: int
    id: str
    entry: PublicEntry  # as the channel list gives it
    facts: dict[str, Any]  # of its nodes, see `published.facts`
    tokens: tuple[str, ...]
    shown: Shown  # what the catalog says beside its entry, see `operations.catalog`

    @property
    def version(self) -> int:
        """The version that is public."""
        return int(self.entry["version"])

    @cached_property
    def name_key(self) -> tuple[str, str]:
        """Its place among channels."""
        return name_key(self.entry)

    @cached_property
    def text(self) -> str:
        """The entry as JSON text."""
        return jsontext.dumps(self.entry)

    @cached_property
    def metadata(self) -> str:
        """The channel as Kolibri browses it, as JSON text."""
        return jsontext.dumps(channel_metadata(self.entry, self.facts))


@dataclass(frozen=True)
class Record:
    """What is written of a channel."""

    id: str
    entry: PublicEntry
    tokens: Sequence[str]
    shown: Shown

    @property
    def text(self) -> str:
        """One text for one state of a channel."""
        return json.dumps([self.entry, list(self.tokens), self.shown], ensure_ascii=False)


class IndexWriter:
    """Changes an index file that nobody reads yet. Use as a context manager: leaving it completes the file."""

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
        """Whether the index says exactly this of the channel already."""
        return bool(self._one("SELECT record FROM channel WHERE id = ?", record.id) == record.text)

    def put(self, record: Record, database: ContentDatabase) -> None:
        """List a channel with its content database, or list it anew."""
        facts = json.dumps(facts_of(database), ensure_ascii=False)
        self._connection.execute("BEGIN")
        self._connection.execute("INSERT OR IGNORE INTO tree (channel_id) VALUES (?)", (record.id,))
        tree_id = int(self._one("SELECT id FROM tree WHERE channel_id = ?", record.id))
        values = (tree_id, record.id, record.text, facts)
        self._connection.execute("INSERT OR REPLACE INTO channel VALUES (?, ?, ?, ?)", values)
        self._people(tree_id, database)
        self._connection.execute("COMMIT")

    def channel_ids(self) -> list[str]:
        """All that are listed."""
        return [id for (id,) in self._connection.execute("SELECT id FROM channel")]

    def forget(self) -> None:
        """Take all channels off the list; they keep their tree ids."""
        for table in ("channel", "node", "content"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def remove(self, channel_id: str) -> bool:
        """Take a channel off the list; says whether it was on it."""
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

    def _people(self, tree_id: int, database: ContentDatabase) -> None:
        self._clear(tree_id)
        ids = database.rows("SELECT id, content_id FROM content_contentnode")
        nodes, contents = ({(_prefix(row[column]), tree_id) for row in ids} for column in (0, 1))
        self._connection.executemany("INSERT INTO node VALUES (?, ?)", sorted(nodes))
        self._connection.executemany("INSERT INTO content VALUES (?, ?)", sorted(contents))

    def _clear(self, tree_id: int) -> None:
        self._connection.execute("DELETE FROM node WHERE tree_id = ?", (tree_id,))
        self._connection.execute("DELETE FROM content WHERE tree_id = ?", (tree_id,))


class IndexFile:
    """A complete index file, for reading by any number of threads, who take turns.

    Open as long as it is known, so that the file may be removed from the disk meanwhile.
    """

    def __init__(self, path: Path) -> None:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)

    def channels(self) -> list[PublicChannel]:
        """All public channels by name."""
        rows = self._rows("SELECT tree_id, id, record, facts FROM channel")
        return sorted((_channel(*row) for row in rows), key=lambda channel: channel.name_key)

    def of_nodes(self, node_ids: Iterable[str]) -> set[int]:
        """Tree ids of the channels that may have any of these nodes."""
        return self._having("node", node_ids)

    def of_contents(self, content_ids: Iterable[str]) -> set[int]:
        """Tree ids of the channels that may have any of these contents."""
        return self._having("content", content_ids)

    def _having(self, table: str, ids: Iterable[str]) -> set[int]:
        prefixes = json.dumps([_prefix(id) for id in ids])
        query = f"SELECT DISTINCT tree_id FROM {table} WHERE prefix IN (SELECT value FROM json_each(?))"  # noqa: S608
        return {tree_id for (tree_id,) in self._rows(query, prefixes)}

    def _rows(self, query: str, *values: str) -> list[Any]:
        return self._connection.execute(query, values).fetchall()


def name_key(entry: Entry) -> tuple[str, str]:
    """What channels are ordered by in lists: their name in any case, then their id."""
    return entry["name"].casefold(), entry["id"]


def _prefix(id: str) -> int:
    return int(id[:_DIGITS], 16)


def _channel(tree_id: int, id: str, record: str, facts: str) -> PublicChannel:
    entry, tokens, shown = json.loads(record)
    return PublicChannel(tree_id, id, entry, json.loads(facts), tuple(tokens), shown)
