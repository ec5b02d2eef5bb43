"""The table that `make bench` prints, and the same figures as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Wanted:
    """The unit of a row's figures, and the target of their median: at most `target`, or at least if more is better."""

    unit: str
    target: float | None = None
    more_is_better: bool = False

    def verdict(self, figure: float) -> str:
        """Pass or MISS; empty without a target."""
        if self.target is None:
            return ""
        return "pass" if (figure >= self.target if self.more_is_better else figure <= self.target) else "MISS"


def seconds(target: float | None = None) -> Wanted:
    """A duration of at most `target`."""
    return Wanted("s", target)


def milliseconds() -> Wanted:
    """A duration of one request."""
    return Wanted("ms")


def a_second(target: float | None = None) -> Wanted:
    """A rate of at least `target`."""
    return Wanted("/s", target, more_is_better=True)


@dataclass(frozen=True)
class Row:
    """The figures of a benchmark, one per repetition."""

    name: str
    figures: list[float]
    wanted: Wanted

    @property
    def median(self) -> float:
        return median(self.figures)

    @property
    def verdict(self) -> str:
        return self.wanted.verdict(self.median)


def table(rows: list[Row]) -> str:
    """Rows as aligned text: name, median, target, verdict, all repetitions."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}      median     target        all"]
    for row in rows:
        unit, target = row.wanted.unit, row.wanted.target
        goal = "" if target is None else f"{target:,.6g} {unit}"
        every = " ".join(map(_short, row.figures))
        lines.append(f"{row.name:{width}}  {_short(row.median):>7} {unit:2}  {goal:>9}  {row.verdict:4}  {every}")
    return "\n".join(lines)


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"


def save(rows: list[Row], path: Path) -> None:
    """Write `{"machine": …, "rows": [{name, figures, unit, target, median, verdict}]}`."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    listed = [{**asdict(row), "median": row.median, "verdict": row.verdict} for row in rows]
    path.write_text(json.dumps({"machine": machine, "rows": listed}, indent=2) + "\n")
