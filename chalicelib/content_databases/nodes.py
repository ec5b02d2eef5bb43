"""Content nodes in the shape of Kolibri's v2 contentnode. A page takes four SQL statements."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from le_utils.constants import content_kinds

from chalicelib.content_databases.database import Source
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.content_databases.where import after_lft, condition, listed
from chalicelib.domain.storage_keys import storage_key
from chalicelib.schemas.responses.public import Assessment, PublicFile, PublicTree
from chalicelib.sqlite import sqlite3

Node = PublicTree  # has `children` only in trees
_EVERY_NODE = NodeFilter()

# The subquery finds the row numbers first, so that few rows have to be sorted.
_PAGE = """
    SELECT * FROM content_contentnode WHERE rowid IN (
        SELECT n.rowid FROM content_contentnode AS n WHERE {behind} AND {condition} ORDER BY n.rowid LIMIT ?
    ) ORDER BY rowid
"""
_BY_ID = "SELECT * FROM content_contentnode WHERE id IN (SELECT value FROM json_each(?)) ORDER BY rowid"
_FILES = """
    SELECT f.contentnode_id, f.id, f.priority, f.preset, f.supplementary, f.thumbnail, f.lang_id, l.id AS checksum,
           coalesce(l.file_size_bigint, l.file_size) AS file_size, l.extension
    FROM json_each(?) AS wanted
    CROSS JOIN content_file AS f ON f.contentnode_id = wanted.value
    JOIN content_localfile AS l ON l.id = f.local_file_id
    ORDER BY f.priority, f.id
"""
_TAGS = """
    SELECT link.contentnode_id, tag.tag_name FROM json_each(?) AS wanted
    CROSS JOIN content_contentnode_tags AS link ON link.contentnode_id = wanted.value
    JOIN content_contenttag AS tag ON tag.id = link.contenttag_id
    ORDER BY tag.tag_name
"""
_ASSESSMENTS = """
    SELECT a.* FROM json_each(?) AS wanted
    CROSS JOIN content_assessmentmetadata AS a ON a.contentnode_id = wanted.value
"""
_FIRST = (
    *("id", "author", "available", "channel_id", "coach_content", "content_id", "description", "kind"),
    *("license_description", "license_name", "license_owner"),
)
_LABELS = (  # in Kolibri's order
    *("learning_activities", "grade_levels", "resource_types", "accessibility_labels", "learner_needs"),
    "categories",
)
_FLAGS = ("available", "coach_content")


def page(source: Source, chosen: NodeFilter, after: int, limit: int) -> list[Node]:
    """The first `limit` matching nodes with an `lft` above `after`, in tree order."""
    where, wanted = condition(chosen, source)
    place, numbers = after_lft(after)
    sql = _PAGE.format(behind=place, condition=where)
    return _nodes(source, source.database.rows(sql, [*numbers, *wanted, limit]))


def retrieve(source: Source, node_id: str, chosen: NodeFilter = _EVERY_NODE) -> Node | None:
    """The node with this id; None if it does not exist or does not match."""
    where, wanted = condition(chosen, source)
    sql = f"SELECT * FROM content_contentnode AS n WHERE n.id = ? AND {where}"  # noqa: S608 (fixed text)
    found = _nodes(source, source.database.rows(sql, [node_id, *wanted]))
    return found[0] if found else None


def by_ids(source: Source, ids: Sequence[str]) -> list[Node]:
    """The nodes with these ids, in tree order."""
    return _nodes(source, source.database.rows(_BY_ID, [listed(ids)]))


def _nodes(source: Source, rows: list[sqlite3.Row]) -> list[Node]:
    if not rows:
        return []
    ids = listed([row["id"] for row in rows])
    files, tags, assessments = _files(source, ids), _tags(source, ids), _assessments(source, ids)
    return [
        cast(
            Node,
            {
                **_of_row(source, row),
                "assessmentmetadata": assessments.get(row["id"]),
                "tags": tags[row["id"]],
                "files": files[row["id"]],
                "thumbnail": next((file["storage_url"] for file in files[row["id"]] if file["thumbnail"]), None),
                "lang": source.database.languages.get(row["lang_id"]),
                "is_leaf": row["kind"] != content_kinds.TOPIC,
            },
        )
        for row in rows
    ]


def _of_row(source: Source, row: sqlite3.Row) -> dict[str, Any]:
    """The fields of a node that come from its own row and its ancestors."""
    database = source.database
    return {
        **{name: bool(row[name]) if name in _FLAGS else row[name] for name in _FIRST},
        "num_coach_contents": _coach_resources(database.coach_resources, row["lft"], row["rght"]),
        "options": json.loads(row["options"] or "{}"),
        "parent": row["parent_id"],
        "parent_id": row["parent_id"],
        "sort_order": row["sort_order"],
        "title": row["title"],
        "lft": row["lft"],
        "rght": row["rght"],
        "tree_id": source.tree_id,
        **{field: row[field].split(",") if row[field] else [] for field in _LABELS},
        "duration": row["duration"],
        "ancestors": [{"id": id, "title": database.topics[id][0]} for id in database.path_to(row["parent_id"])],
    }


def _coach_resources(places: list[int], lft: int, rght: int) -> int:
    """The number of coach resources, given by their `lft`, in the subtree from `lft` to `rght`."""
    return bisect_left(places, rght) - bisect_left(places, lft)


def _files(source: Source, ids: str) -> dict[str, list[PublicFile]]:
    files: dict[str, list[PublicFile]] = defaultdict(list)
    for row in source.database.rows(_FILES, [ids]):
        files[row["contentnode_id"]].append(
            {
                "id": row["id"],
                "priority": row["priority"],
                "preset": row["preset"],
                "supplementary": bool(row["supplementary"]),
                "thumbnail": bool(row["thumbnail"]),
                "lang": source.database.languages.get(row["lang_id"]),
                "checksum": row["checksum"],
                "available": True,  # it was when the channel was published, and files are never deleted
                "file_size": row["file_size"],
                "extension": row["extension"],
                "storage_url": f"{source.files_url}/{storage_key(row['checksum'], row['extension'])}",
            }
        )
    return files


def _tags(source: Source, ids: str) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = defaultdict(list)
    for node_id, name in source.database.rows(_TAGS, [ids]):
        tags[node_id].append(name)
    return tags


def _assessments(source: Source, ids: str) -> dict[str, Assessment]:
    return {
        row["contentnode_id"]: {
            "assessment_item_ids": json.loads(row["assessment_item_ids"]),
            "number_of_assessments": row["number_of_assessments"],
            "mastery_model": json.loads(row["mastery_model"]),
            "randomize": bool(row["randomize"]),
            "is_manipulable": bool(row["is_manipulable"]),
            "contentnode": row["contentnode_id"],
        }
        for row in source.database.rows(_ASSESSMENTS, [ids])
    }
