"""Conversion of a node filter to SQL conditions."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from chalicelib.content_databases.database import Source
from chalicelib.content_databases.filters import CONTENT, NodeFilter
from chalicelib.domain.types import LABELS

_NOTHING = "0"
_LISTED = "(SELECT value FROM json_each(?))"
_BELOW = """
    n.rowid > (SELECT top.rowid FROM content_contentnode AS top WHERE top.id = ?)
    AND n.rowid <= (SELECT top.rowid + (top.rght - top.lft - 1) / 2 FROM content_contentnode AS top WHERE top.id = ?)
"""
_REQUIRED_BY = "SELECT to_contentnode_id FROM content_contentnode_has_prerequisite WHERE from_contentnode_id = ?"
_REQUIRING = "SELECT from_contentnode_id FROM content_contentnode_has_prerequisite WHERE to_contentnode_id = ?"
# Do not use EXISTS: SQLite 3.51.1 converts it to a join and returns a node with two of the tags twice.
_TAGGED = """
    SELECT link.contentnode_id FROM content_contentnode_tags AS link
    WHERE link.contenttag_id IN (SELECT tag.id FROM content_contenttag AS tag WHERE tag.tag_name IN
"""
# "+" keeps SQLite from using the index, so it reads nodes in tree order and stops at the end of the page. As one
# language may have most of the nodes, collecting and sorting them would be slower.
_TEXTS = {
    "ids": f"n.id IN {_LISTED}",
    "kind_in": f"n.kind IN {_LISTED}",
    "languages": f"+n.lang_id IN {_LISTED}",
    "authors": f"n.author IN {_LISTED}",
    "tags": f"n.id IN ({_TAGGED} {_LISTED}))",
    "exclude_content_ids": f"n.content_id NOT IN {_LISTED}",
}
_VALUES = {
    "parent": "n.parent_id = ?",
    "content_id": "n.content_id = ?",
    "prerequisite_for": f"n.id IN ({_REQUIRED_BY})",
    "has_prerequisite": f"n.id IN ({_REQUIRING})",
}
_FLAGS = {
    ("parent__isnull", True): "n.parent_id IS NULL",
    ("parent__isnull", False): "n.parent_id IS NOT NULL",
    ("categories__isnull", True): "n.categories IS NULL",
    ("categories__isnull", False): "n.categories IS NOT NULL",
    ("include_coach_content", False): "NOT n.coach_content",
}
# Labels are stored as "a,b.c": a label or a descendant of it follows a comma and is followed by a comma or a dot.
_LABEL = {
    field: f"instr(',' || n.{field} || ',', ',' || ? || ',') OR instr(',' || n.{field}, ',' || ? || '.')"
    for field in LABELS
}

Clause = tuple[str, list[Any]]  # SQL and its parameters


def condition(chosen: NodeFilter, source: Source) -> Clause:
    """The condition on a row `n` of content_contentnode: SQL that contains no client input, and its parameters."""
    clauses = list(_clauses(chosen, source))
    text = " AND ".join(f"({sql})" for sql, _ in clauses)
    return text or "1", [value for _, values in clauses for value in values]


def after_lft(lft: int) -> Clause:
    """The condition on a row `n` that its `lft` is greater. SQLite can seek to the first such row."""
    # SQLite uses only one of two lower bounds, so a bound that excludes nothing is left out.
    return ("1", []) if lft < 1 else ("n.rowid > ? AND n.lft > ?", [(lft + 1) // 2, lft])


def listed(values: Collection[Any]) -> str:
    """Encode values as one parameter for `json_each`."""
    return json.dumps(list(values))


def _clauses(chosen: NodeFilter, source: Source) -> Iterator[Clause]:
    if not _is_of(source, chosen):
        yield _NOTHING, []
    yield from _columns(chosen)
    yield from _words(chosen)
    yield from _places(chosen)
    if chosen.contains_quiz:
        yield f"n.id IN {_LISTED}", [source.database.paths_to_quizzes]


def _columns(chosen: NodeFilter) -> Iterator[Clause]:
    for name, sql in _TEXTS.items():
        if values := getattr(chosen, name):
            yield sql, [listed(values)]
    for name, sql in _VALUES.items():
        if value := getattr(chosen, name):
            yield sql, [value]
    for (name, flag), sql in _FLAGS.items():
        if getattr(chosen, name) is flag:
            yield sql, []
    if chosen.kind:
        yield ("n.kind != 'topic'", []) if chosen.kind == CONTENT else ("n.kind = ?", [chosen.kind])


def _words(chosen: NodeFilter) -> Iterator[Clause]:
    if chosen.keywords:
        words = " ".join(chosen.keywords)
        yield "has_words(?, n.title, n.description)", [words]
    for field in LABELS:
        for ids in getattr(chosen, field):
            yield " OR ".join(_LABEL[field] for _ in ids) or _NOTHING, [id for id in sorted(ids) for _ in "12"]


def _is_of(source: Source, chosen: NodeFilter) -> bool:
    channel_id = source.database.channel["id"]
    return (
        chosen.channel_id in (None, channel_id)
        and (not chosen.channels or channel_id in chosen.channels)
        and chosen.tree_id in (None, source.tree_id)
    )


def _places(chosen: NodeFilter) -> Iterator[Clause]:
    if chosen.descendant_of:
        yield _BELOW, [chosen.descendant_of] * 2
    if chosen.lft__gt is not None:
        yield after_lft(chosen.lft__gt)
    if chosen.rght__lt is not None:
        # A rowid is never larger than its node's lft, so SQLite can stop at this rowid.
        yield "n.rowid < ? AND n.rght < ?", [chosen.rght__lt] * 2
