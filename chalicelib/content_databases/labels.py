"""The labels and languages of a channel's matching nodes, which clients offer as further filters."""

from chalicelib.content_databases.database import Source
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.content_databases.where import condition
from chalicelib.domain.types import LABELS

LANGUAGES = "languages"
_COLUMNS = {**{field: field for field in LABELS}, LANGUAGES: "lang_id"}
_DISTINCT = "SELECT DISTINCT {columns} FROM content_contentnode AS n WHERE {condition}"
_MAX_CACHED = 200  # filters per database, as all pages of a list have the same filter

Labels = dict[str, list[str]]


def labels_of(source: Source, chosen: NodeFilter = NodeFilter()) -> Labels:  # noqa: B008 (it is frozen)
    """Sorted ids by field: each field of `LABELS`, and the `languages` of the nodes themselves."""
    cache = source.database.labels
    if chosen not in cache:
        if len(cache) >= _MAX_CACHED:
            cache.clear()
        cache[chosen] = _labels_of(source, chosen)
    return cache[chosen]


def _labels_of(source: Source, chosen: NodeFilter) -> Labels:
    where, wanted = condition(chosen, source)
    found: dict[str, set[str]] = {name: set() for name in _COLUMNS}
    sql = _DISTINCT.format(columns=", ".join(_COLUMNS.values()), condition=where)
    for row in source.database.rows(sql, wanted):
        for name, joined in zip(_COLUMNS, row, strict=True):
            found[name].update(joined.split(",") if joined else ())
    return {name: sorted(ids) for name, ids in found.items()}


def with_parents(ids: list[str]) -> list[str]:
    """Labels and their ancestors, sorted: "a.b" is an ancestor of "a.b.c"."""
    parts = (id.split(".") for id in ids)
    return sorted({".".join(part[: end + 1]) for part in parts for end in range(len(part))})
