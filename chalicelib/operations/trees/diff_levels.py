"""The cached levels of a difference, in parts by the id of their parent. A page of one takes at most four reads."""

from typing import Any, TypedDict

from chalicelib.domain.trees.diff_levels import Entry, Level, Levels
from chalicelib.operations.background import cached_results
from chalicelib.operations.background.cached_results import Stamp

ENTRIES = 2000  # of a part, about; the others of a level with more are in objects of their own


class Summary(TypedDict):
    """The numbers of a difference: `counts` by section, `marks` of nodes, and the `totals` of the old and new tree."""

    counts: dict[str, int]
    marks: dict[str, int]
    totals: list[dict[str, Any]]
    parts: int


class _Part(TypedDict):
    levels: dict[str, Level]


class _Rest(TypedDict):
    entries: list[Entry]


def write(name: str, stamp: Stamp, levels: Levels, counts: dict[str, int], totals: list[dict[str, Any]]) -> None:
    """Cache the levels of a difference, one part in memory at a time, and then its summary."""
    sizes = levels.parents()
    parts = 1 + sum(min(size, ENTRIES) for size in sizes.values()) // ENTRIES
    divided: list[list[str]] = [[] for _ in range(parts)]
    for parent_id, size in sizes.items():
        divided[_part_of(parent_id, parts)].append(parent_id)
        for number in range(1, -(-size // ENTRIES)):
            more = levels.entries(parent_id, number * ENTRIES, (number + 1) * ENTRIES)
            cached_results.write(_rest_name(name, parent_id, number), stamp, {"entries": more})
    for number, parents in enumerate(divided):
        found = {parent_id: levels.level(parent_id, ENTRIES) for parent_id in parents}
        cached_results.write(_name(name, number), stamp, {"levels": found})
    summary: Summary = {"counts": counts, "marks": levels.counts(), "totals": totals, "parts": parts}
    cached_results.write(_name(name), stamp, summary)


def summary(name: str) -> tuple[Stamp, Summary] | None:
    """The summary of the latest cached difference of this name, with its stamp. One read."""
    return cached_results.read(_name(name), Summary)


def level(name: str, found: Summary, parent_id: str) -> Level | None:
    """The level below a node; None if nothing differs there. One read."""
    part = cached_results.read(_name(name, _part_of(parent_id, found["parts"])), _Part)
    return part[1]["levels"].get(parent_id) if part else None


def entries(name: str, parent_id: str, found: Level, start: int, size: int) -> list[Entry]:
    """Some entries of a level below a node. At most two reads, none for the first `ENTRIES`."""
    end = min(start + size, found.get("total", len(found["entries"])))
    shown = found["entries"][start:end]
    for number in range(max(1, start // ENTRIES), -(-end // ENTRIES)) if "total" in found else ():
        part = cached_results.read(_rest_name(name, parent_id, number), _Rest)
        first = max(0, start - number * ENTRIES)
        shown += part[1]["entries"][first : end - number * ENTRIES] if part else []
    return shown


def _rest_name(name: str, parent_id: str, number: int) -> str:
    return f"{name}-levels-{parent_id}-{number}"


def _name(name: str, part: int | None = None) -> str:
    return f"{name}-levels" if part is None else f"{name}-levels-{part}"


def _part_of(parent_id: str, parts: int) -> int:
    return int(parent_id[:8], 16) % parts
