"""Bars of charts in SVG, whose parts have their place as attributes: pages have no inline styles."""

from collections.abc import Sequence
from typing import TypedDict

WIDTH = 1000  # units of a whole bar
MIN_WIDTH = 4  # of a part, so that it can be seen


class Part(TypedDict):
    """A part of a bar. `kind` chooses its colour."""

    kind: str
    name: str
    size: int
    x: int
    width: int


def width_of(part: int, whole: int) -> int:
    """The width of a part of a bar. A part that is not nothing can be seen, and none is wider than the bar."""
    return min(WIDTH, max(MIN_WIDTH, round(WIDTH * part / max(whole, 1)))) if part > 0 else 0


def parts_of(kinds: Sequence[tuple[str, str, int]]) -> list[Part]:
    """The parts of a bar of all kinds together, side by side: (kind, its name, its size)."""
    total = sum(size for _, _, size in kinds)
    parts: list[Part] = []
    x = 0
    for kind, name, size in kinds:
        width = min(width_of(size, total), WIDTH - x)
        parts.append({"kind": kind, "name": name, "size": size, "x": x, "width": width})
        x += width
    return parts
