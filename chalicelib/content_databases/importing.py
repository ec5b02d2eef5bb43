"""The rows that Kolibri imports for a node of a channel, in the shape of v2 importmetadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.where import listed
from chalicelib.errors import BadRequest
from chalicelib.schemas.query import last_values, whole
from chalicelib.schemas.responses.public import ImportTables
from chalicelib.sqlite import sqlite3

LOWEST_SCHEMA, HIGHEST_SCHEMA = 5, 6
_DEFAULT_SCHEMA = "5"  # Kolibri 0.19 fails on a higher one
_SUPPORTED = f"exports only suported for versions {LOWEST_SCHEMA} to {HIGHEST_SCHEMA}"  # as recorded

_NODE = "SELECT rowid AS place, parent_id, (rght - lft - 1) / 2 AS below FROM content_contentnode WHERE id = ?"
# Ancestors precede the node and its descendants, so both parts together are in tree order.
_PAGE = """
    SELECT rowid AS place, id, lft FROM content_contentnode
    WHERE id IN (SELECT value FROM json_each(:path)) AND lft > :after
    UNION ALL
    SELECT rowid, id, lft FROM content_contentnode
    WHERE rowid > max(:node, (:after + 1) / 2) AND rowid <= :last AND lft > :after
    ORDER BY place LIMIT :limit
"""
_WITH = "WITH page AS (SELECT value FROM json_each(:page)), path AS (SELECT value FROM json_each(:path))"
_BOTH_ENDS = """
    WHERE t.from_contentnode_id IN page AND (
        t.to_contentnode_id IN path
        OR (SELECT n.rowid FROM content_contentnode AS n WHERE n.id = t.to_contentnode_id) BETWEEN :node AND :last
    ) ORDER BY t.id
"""


@dataclass(frozen=True)
class _Table:
    columns: str
    rows: str  # conditions and order: the SQL after "FROM <table> AS t"
    flags: tuple[str, ...] = ()  # boolean columns


_TABLES = {
    "content_contentnode": _Table(
        "id, parent_id, license_name, license_description, title, coach_content, content_id, channel_id, description,"
        "sort_order, license_owner, author, kind, available, lang_id, options, grade_levels, resource_types,"
        "learning_activities, accessibility_labels, categories, learner_needs, duration, lft, rght, tree_id, level",
        "WHERE t.id IN page ORDER BY t.rowid",
        ("coach_content", "available"),
    ),
    "content_file": _Table(
        "id, local_file_id, contentnode_id, preset, lang_id, supplementary, thumbnail, priority, included_presets",
        """WHERE t.contentnode_id IN page
        ORDER BY (SELECT n.rowid FROM content_contentnode AS n WHERE n.id = t.contentnode_id), t.id""",
        ("supplementary", "thumbnail"),
    ),
    "content_contentnode_tags": _Table(
        "id, contentnode_id, contenttag_id", "WHERE t.contentnode_id IN page ORDER BY t.id"
    ),
    "content_assessmentmetadata": _Table(
        "id, contentnode_id, assessment_item_ids, number_of_assessments, mastery_model, randomize, is_manipulable",
        "WHERE t.contentnode_id IN page ORDER BY t.rowid",
        ("randomize", "is_manipulable"),
    ),
    "content_localfile": _Table(
        "id, extension, 1 AS available, file_size, file_size_bigint",  # available here, though not on a device
        "WHERE t.id IN (SELECT f.local_file_id FROM content_file AS f WHERE f.contentnode_id IN page) ORDER BY t.id",
        ("available",),
    ),
    "content_contenttag": _Table(
        "id, tag_name",
        """WHERE t.id IN (
            SELECT link.contenttag_id FROM content_contentnode_tags AS link WHERE link.contentnode_id IN page
        ) ORDER BY t.id""",
    ),
    "content_language": _Table(
        "id, lang_code, lang_subcode, lang_direction, lang_name",
        """WHERE t.id IN (
            SELECT n.lang_id FROM content_contentnode AS n WHERE n.id IN page
            UNION SELECT f.lang_id FROM content_file AS f WHERE f.contentnode_id IN page
        ) ORDER BY t.id""",
    ),
    "content_contentnode_has_prerequisite": _Table("id, from_contentnode_id, to_contentnode_id", _BOTH_ENDS),
    "content_contentnode_related": _Table("id, from_contentnode_id, to_contentnode_id", _BOTH_ENDS),
    "content_channelmetadata": _Table(
        "id, name, description, tagline, author, version, thumbnail, last_updated, min_schema_version, root_id", ""
    ),
}


def parse_schema(query: Mapping[str, Sequence[str]]) -> str:
    """Parse `schema_version`, which is the lowest one by default.

    Raises BadRequest, with Kolibri's sentences, if it is too low, too high or not a number.
    """
    version = whole(last_values(query).get("schema_version") or _DEFAULT_SCHEMA)
    if version is None:
        raise BadRequest("Schema version is not parseable by this version of Kolibri")
    if version < LOWEST_SCHEMA:
        raise BadRequest(f"Schema version is too low, {_SUPPORTED}")
    if version > HIGHEST_SCHEMA:
        raise BadRequest(f"Schema version is too high, {_SUPPORTED}")
    return str(version)


def import_metadata(
    database: ContentDatabase,
    node_id: str,
    schema_version: str,
    descendants: bool,
    after: int,
    limit: int,
) -> tuple[ImportTables, int | None] | None:
    """One page of rows by table for a node, its ancestors and, if requested, its descendants; None: no such node.

    The page has the first `limit` of these nodes with an `lft` above `after`. Returns the tables and the `lft` after
    which the next page starts, None if there is none. A prerequisite is on the page of the node that has it, provided
    that the required node is on any page.
    """
    found = database.rows(_NODE, [node_id])
    if not found:
        return None
    place, parent_id, below = found[0]
    nodes = {
        "path": listed([*database.path_to(parent_id), node_id]),
        "node": place,
        "last": place + below if descendants else place,
    }
    rows = database.rows(_PAGE, {**nodes, "after": after, "limit": limit + 1})
    shown = rows[:limit]
    tables = _tables(database, {**nodes, "page": listed([row["id"] for row in shown])})
    last = shown[-1]["lft"] if len(shown) < len(rows) else None
    return cast(ImportTables, {**tables, "schema_version": schema_version}), last


def _tables(database: ContentDatabase, parameters: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [_row(row, table.flags) for row in database.rows(_select(name, table), parameters)]
        for name, table in _TABLES.items()
    }


def _select(name: str, table: _Table) -> str:
    return f"{_WITH} SELECT {table.columns} FROM {name} AS t {table.rows}"  # noqa: S608 (fixed text)


def _row(row: sqlite3.Row, flags: tuple[str, ...]) -> dict[str, Any]:
    return {name: bool(row[name]) if name in flags else row[name] for name in row.keys()}  # noqa: SIM118 (not a mapping)
