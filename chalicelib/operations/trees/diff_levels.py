"""The cached levels of a difference, in parts by the id of their parent: one is read by two bounded calls."""

from typing import Any, TypedDict

from chalicelib.domain.trees import diff, diff_levels
from chalicelib.domain.trees.diff_levels import Level
from chalicelib.domain.types import NodeData
from chalicelib.models.base import in_parallel
from chalicelib.operations.background import cached_results
from chalicelib.operations.background.cached_results import Stamp

ENTRIES = 2000  # of a part, about; all of one level are in the same part


class Summary(TypedDict):
    """The numbers of a difference: `counts` by section, `marks` of nodes, and the `totals` of the old and new tree."""

    counts: dict[str, int]
    marks: dict[str, int]
    totals: list[dict[str, Any]]
    parts: int


class _Part(TypedDict):
    levels: dict[str, Level]


def write(name: str, stamp: Stamp, old: list[NodeData], new: list[NodeData], changes: dict[str, Any]) -> None:
    """Cache the levels of a difference as `diff.compare` returned it, and then its summary."""
    sections = ("questions_added", "questions_removed", "questions_changed")
    exercises = {line["node_id"] for section in sections for line in changes[section]}
    levels, marks = diff_levels.compare(old, new, changes, exercises)
    parts = 1 + sum(len(level["entries"]) for level in levels.values()) // ENTRIES
    divided: list[dict[str, Level]] = [{} for _ in range(parts)]
    for parent_id, level in levels.items():
        divided[_part_of(parent_id, parts)][parent_id] = level
    in_parallel(lambda at: cached_results.write(_name(name, at), stamp, {"levels": divided[at]}), range(parts))
    summary: Summary = {
        "counts": diff.counts(changes),
        "marks": marks,
        "totals": changes["totals"],
        "parts": parts,
    }
    cached_results.write(_name(name), stamp, summary)


def summary(name: str) -> tuple[Stamp, Summary] | None:
    """The summary of the latest cached difference of this name, with its stamp. One read."""
    return cached_results.read(_name(name), Summary)


def level(name: str, found: Summary, parent_id: str) -> Level | None:
    """The level below a node; None if nothing differs there. One read."""
    part = cached_results.read(_name(name, _part_of(parent_id, found["parts"])), _Part)
    return part[1]["levels"].get(parent_id) if part else None


def _name(name: str, part: int | None = None) -> str:
    return f"{name}-levels" if part is None else f"{name}-levels-{part}"


def _part_of(parent_id: str, parts: int) -> int:
    return int(parent_id[:8], 16) % parts
