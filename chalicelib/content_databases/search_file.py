"""Read access to the search index."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from le_utils.constants import content_kinds

from chalicelib.content_databases.search_index import CHANNEL_BITS
from chalicelib.content_databases.search_words import match_of
from chalicelib.content_databases.shared_file import SharedFile
from chalicelib.domain.ids import parse_id
from chalicelib.schemas.search import SearchQuery
from chalicelib.sqlite import sqlite3

MAX_MATCHES = 20_000  # per search; if there are more, those that were indexed first
# The weights of title, description, author and tags.
_RANK = "bm25(words, 10, 1, 3, 4)"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Clause = tuple[str, list[Any]]  # an SQL condition on a node, and its parameters


@dataclass(frozen=True)
class ChannelInIndex:
    """A channel in the search index."""

    id: str
    number: int
    root_id: str
    name: str


class SearchFile(SharedFile):
    """A file written by `SearchWriter`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "channel")

    @cached_property
    def channels(self) -> dict[int, ChannelInIndex]:
        """All channels by number."""
        rows = self.rows("SELECT id, number, root_id, name FROM channel")
        return {
            row["number"]: ChannelInIndex(row["id"], row["number"], row["root_id"].hex(), row["name"]) for row in rows
        }

    def channel_of(self, place: int) -> ChannelInIndex:
        """The channel of a node."""
        return self.channels[place >> CHANNEL_BITS]

    def find(self, query: SearchQuery, numbers: Iterable[int], size: int, offset: int) -> tuple[int, list[sqlite3.Row]]:
        """Search these channels: (number of matches, at most MAX_MATCHES; the rows of a page, best match first).

        Nodes with equal scores are in the order in which they were indexed.
        """
        node_id = parse_id(query.keywords)
        match = match_of("" if node_id else query.keywords, query.author)
        clauses = [("TRUE", []), *_clauses(query), *([_is(node_id)] if node_id else [])]
        source = _BY_WORDS if match else _BY_ID if node_id else _ALL
        statement = _PAGE.format(source, " AND ".join(condition for condition, _ in clauses))
        values = [value for _, values in clauses for value in values]
        matched = [match] if match else []
        rows = self.rows(statement, [json.dumps(list(numbers)), *matched, *values, size, min(offset, MAX_MATCHES)])
        return rows[0]["total"], [row for row in rows if row["place"] is not None]


_NUMBERS = "(SELECT value FROM json_each(?))"
_BY_WORDS = f"""
    SELECT node.place, {_RANK} AS score FROM words CROSS JOIN node ON node.place = words.rowid
    WHERE words.rowid >> {CHANNEL_BITS} IN {_NUMBERS} AND words MATCH ?
"""  # noqa: S608 (here and below: numbers and text from this module)
_BY_ID = f"SELECT place, 0 AS score FROM node WHERE place >> {CHANNEL_BITS} IN {_NUMBERS}"  # noqa: S608
_ALL = f"""
    SELECT place, 0 AS score FROM {_NUMBERS} AS channel CROSS JOIN node
    ON place BETWEEN channel.value << {CHANNEL_BITS} AND (channel.value + 1 << {CHANNEL_BITS}) - 1 WHERE TRUE
"""  # noqa: S608
_PAGE = f"""
    WITH hit AS MATERIALIZED ({{}} AND {{}} LIMIT {MAX_MATCHES})
    SELECT found.total, node.* FROM (SELECT count(*) AS total FROM hit) AS found
    LEFT JOIN (SELECT * FROM hit ORDER BY score, place LIMIT ? OFFSET ?) AS best ON TRUE
    LEFT JOIN node ON node.place = best.place
    ORDER BY best.score, best.place
"""  # noqa: S608


def _clauses(query: SearchQuery) -> Iterator[Clause]:
    for column, values in (("language", query.languages), ("license", query.licenses), ("kind", query.kinds)):
        if values:
            yield f"node.{column} IN {_NUMBERS}", [json.dumps(values)]
    if query.coach is not None:
        yield "node.is_coach = ?", [query.coach]
    if query.resources is not None:
        yield "(node.kind != ?) = ?", [content_kinds.TOPIC, query.resources]
    if query.assessments is not None:
        yield "(node.kind = ?) = ?", [content_kinds.EXERCISE, query.assessments]
    if query.created_after is not None:
        yield "node.created >= ?", [(query.created_after - _EPOCH).total_seconds()]


def _is(node_id: str) -> Clause:
    names = ("id", "node_id", "content_id")
    return f"({' OR '.join(f'node.{name} = ?' for name in names)})", [bytes.fromhex(node_id)] * len(names)
