"""The cached lines of a difference: in one object if they are few, else in parts, so that a page reads few of them."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

from chalicelib.domain.ids import new_id
from chalicelib.domain.trees.diff import SECTIONS
from chalicelib.models.base import in_parallel
from chalicelib.operations.background import cached_results
from chalicelib.operations.background.cached_results import Stamp
from chalicelib.operations.trees import diff_files
from chalicelib.operations.trees.diff_files import LineFiles

MAX_TOGETHER = 2000  # lines of all sections in one object


class Head(TypedDict):
    """What is cached of a difference: the `totals` of the old and new tree, and the lines of all sections (by their
    names) or, if they are many, their `counts` and the name under which this `run` of the comparison wrote them."""

    totals: list[dict[str, Any]]
    counts: NotRequired[dict[str, int]]
    run: NotRequired[str]


class _Part(TypedDict):
    lines: list[Any]


def write(name: str, stamp: Stamp, totals: list[dict[str, Any]], lines: LineFiles) -> None:
    """Cache a difference."""
    if sum(lines.counts.values()) <= MAX_TOGETHER:
        sections = {section: [line for part in lines.parts(section) for line in part] for section in SECTIONS}
        cached_results.write(name, stamp, {"totals": totals, **sections})
        return
    run = new_id()
    for section in SECTIONS:
        for number, part in enumerate(lines.parts(section)):
            cached_results.write(_part_name(name, run, section, number), stamp, {"lines": part})
    cached_results.write(name, stamp, {"totals": totals, "counts": lines.counts, "run": run})


def read(name: str) -> tuple[Stamp, Head] | None:
    """The latest cached difference of this name, with its stamp. One read."""
    return cached_results.read(name, Head)


def counts(head: Any) -> dict[str, int]:
    """The number of lines of each section."""
    return head["counts"] if "run" in head else {section: len(head[section]) for section in SECTIONS}


def page(name: str, head: Any, start: int, size: int) -> dict[str, list[object]]:
    """`size` lines of each section. At most two parallel reads per section if they are in parts."""
    if "run" not in head:
        return {section: head[section][start : start + size] for section in SECTIONS}
    wanted = [(section, number) for section in SECTIONS for number in _numbers(head, section, start, size)]
    names = [_part_name(name, head["run"], *one) for one in wanted]
    found = dict(zip(wanted, in_parallel(lambda one: cached_results.read(one, _Part), names), strict=True))
    shown: dict[str, list[object]] = {section: [] for section in SECTIONS}
    for (section, number), part in found.items():
        first = max(0, start - number * diff_files.LINES)
        shown[section] += part[1]["lines"][first : start + size - number * diff_files.LINES] if part else []
    return shown


def _numbers(head: Any, section: str, start: int, size: int) -> Iterator[int]:
    """The parts of a section that a page needs."""
    end = min(start + size, head["counts"][section])
    yield from range(start // diff_files.LINES, -(-end // diff_files.LINES))


def _part_name(name: str, run: str, section: str, number: int) -> str:
    return f"{name}-{run}-{section}-{number}"
