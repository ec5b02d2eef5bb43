"""Builders of search indexes with small channels."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from chalicelib.content_databases.search_file import SearchFile
from chalicelib.content_databases.search_index import SearchWriter
from chalicelib.content_databases.search_part import write_part
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.shape import shape_of
from chalicelib.domain.types import Snapshot
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.search import SearchQuery
from tests.support.worlds import trees
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import Branch, make_channel, tree

AT = datetime(2025, 6, 1, tzinfo=UTC)
_names = count()


def leaf(title: str = "leaf", **fields: Any) -> Branch:
    return trees.resource(f"leaf {next(_names)}", title=title, **fields)


def topic(title: str, *children: Branch, **fields: Any) -> Branch:
    return trees.topic(f"topic {next(_names)}", *children, title=title, **fields)


def snapshot_of(number: int, *branches: Branch, version: int = 1) -> Snapshot:
    """A version of the channel with this number."""
    channel = make_channel(id=f"{number:032x}", name=f"Channel {number}", inherit_metadata=False)
    return freeze(channel, tree(*branches, id=f"{number:032x}"), version)


def query(**parameters: str) -> SearchQuery:
    return parse_query(SearchQuery, {name: [value] for name, value in parameters.items()})


class Index:
    """An index file for writing and reading."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._file = folder / "index.sqlite3"

    def _path(self) -> Path:
        return self._folder / f"{next(self._numbers)}.sqlite3"

    def put(self, *snapshots: Snapshot, at: datetime = AT, old: Path | None = None) -> Path:
        """Add versions of channels and return the part of the last one. `old` is the part of the previous version."""
        with SearchWriter(self._file) as index:
            for snapshot in snapshots:
                part = self._path()
                tree = in_memory(snapshot)
                write_part(part, tree, shape_of(tree.nodes()), at, old)
                index.put(part)
        return part

    def remove(self, channel_id: str) -> bool:
        with SearchWriter(self._file) as index:
            return index.remove(channel_id)

    def read(self) -> SearchFile:
        path = self._path()
        path.write_bytes(self._file.read_bytes())
        return SearchFile(path)

    def titles(self, **parameters: str) -> list[str]:
        """The titles that a query finds in all channels."""
        file = self.read()
        _, rows = file.find(query(**parameters), file.channels, 25, 0)
        file.close()
        return [row["title"] for row in rows]
