"""Writing the content database that Kolibri imports."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.shape import Shape
from chalicelib.export.content_db_rows import Row, tables
from chalicelib.sqlite import sqlite3

_SCHEMA = Path(__file__).with_name("content_db_schema.sql")
# No journal is needed: the file is not visible before it is complete, and a broken one is removed.
_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536")
# Many nodes have the same tags and files.
_REPEATED = {"content_contenttag", "content_localfile"}


class ContentDatabaseError(Exception):
    """The tree cannot be written as a content database; the message gives the reason."""


@dataclass(frozen=True)
class ContentDatabaseSummary:
    nodes: int  # including the root
    files: int
    local_files: int  # distinct stored files
    size: int  # bytes of the database


def write_content_database(tree: FrozenTree, shape: Shape, path: Path) -> ContentDatabaseSummary:
    """Write a tree, which has this shape, to a new database at `path`, replacing an existing file.

    With the same version of SQLite, equal trees give identical files. Nodes are read and written in batches. The
    database is checked before this function returns: the number of nodes, foreign keys and file structure.

    Raises ContentDatabaseError, and leaves no file, if a check fails or the tree contains something that cannot
    be stored: a duplicate node_id, a preset or language unknown to le_utils, or a value out of range.
    """
    path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            _fill(connection, tree, shape)
            _check(connection, tree.summary["nodes"])
            return _summary(connection, path)
    except (sqlite3.Error, KeyError, OverflowError) as error:
        path.unlink(missing_ok=True)
        raise ContentDatabaseError(f"The content database cannot be written: {error!r}.") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _fill(connection: sqlite3.Connection, tree: FrozenTree, shape: Shape) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    statements = _SCHEMA.read_text(encoding="utf-8").split(";")
    create_tables = [statement for statement in statements if "CREATE TABLE" in statement]
    create_indexes = [statement for statement in statements if "INDEX" in statement]
    for statement in create_tables:
        connection.execute(statement)
    for table, rows in tables(tree, shape):
        _insert(connection, table, rows)
    # Building an index at the end is faster than filling it row by row.
    for statement in create_indexes:
        connection.execute(statement)
    connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    columns = ", ".join(first)
    values = ", ".join(f":{column}" for column in first)
    again = "ON CONFLICT (id) DO NOTHING" if table in _REPEATED else ""
    statement = f"INSERT INTO {table} ({columns}) VALUES ({values}) {again}"  # noqa: S608 (names from this module)
    connection.executemany(statement, chain([first], rows))


def _check(connection: sqlite3.Connection, expected: int) -> None:
    written = _count(connection, "content_contentnode")
    if written != expected:
        raise ContentDatabaseError(f"{written} nodes were written instead of {expected}.")
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise ContentDatabaseError(f"Row {broken[1]} of {broken[0]} refers to a missing row in {broken[2]}.")
    # Not `integrity_check`, which looks every row up in every index: 18 times as long for 10 times the nodes.
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise ContentDatabaseError(f"The database is damaged: {verdict}.")


def _summary(connection: sqlite3.Connection, path: Path) -> ContentDatabaseSummary:
    return ContentDatabaseSummary(
        nodes=_count(connection, "content_contentnode"),
        files=_count(connection, "content_file"),
        local_files=_count(connection, "content_localfile"),
        size=path.stat().st_size,
    )


def _count(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 (a name from this module)
    return int(count)
