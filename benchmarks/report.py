"""The table that `make bench` prints, and the same figures as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Row:
    """One figure of a benchmark: the seconds of each repetition, and what their median should not exceed."""

    name: str
    seconds: list[float]
    target: float | None

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "pass" if self.median <= self.target else "MISS"


def table(rows: list[Row]) -> str:
    """Rows as aligned text: name, median, target, verdict, all repetitions."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  median  target        all"]
    for row in rows:
        target = "" if row.target is None else f"{row.target:.1f} s"
        every = " ".join(f"{seconds:.2f}" for seconds in row.seconds)
        lines.append(f"{row.name:{width}}  {row.median:5.2f}s  {target:>6}  {row.verdict:4}  {every}")
    return "\n".join(lines)


def save(rows: list[Row], path: Path) -> None:
    """Write `{"machine": …, "rows": [{name, seconds, target, median, verdict}]}`."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    listed = [{**asdict(row), "median": row.median, "verdict": row.verdict} for row in rows]
    path.write_text(json.dumps({"machine": machine, "rows": listed}, indent=2) + "\n")
