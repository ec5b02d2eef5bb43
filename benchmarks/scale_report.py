"""The page of `make bench-scale`: a table and plots."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
PAGE = """# How a channel's size counts
`make bench-scale` made this page. It uploads channels by the requests of a chef (ten nodes each; 40 resources to a
topic, every fifth an exercise of three questions, the others with a file), publishes them, reads the published
database and compares it with what was sent, and publishes again. Each size has a local stack of its own. Seconds are
those of a machine with {processors} processors, on which the emulated AWS runs, too; functions are billed for theirs.
Memory is the peak of the largest process of each kind. Calls, request units and costs (by `benchmarks/prices.json`)
include everything that the queues do afterwards. The export alone, without AWS: [decision
0043](decisions/0043-release-as-a-stream.md).

{table}

{plots}
"""
HEADS = (
    "nodes",
    "stage",
    "seconds",
    "in functions",
    "peak memory of worker, MB",
    "of gateway",
    "calls to DynamoDB",
    "S3",
    "SQS",
    "read units",
    "write units",
    "$",
)
Results = Mapping[str, Any]
_Figure = Callable[[Mapping[str, Any]], float]


def table(results: Results) -> str:
    """A row for each stage of each size, as Markdown; after it, why a size did not come to its end."""
    lines = [f"| {' | '.join(HEADS)} |", "| ---: | --- |" + " ---: |" * (len(HEADS) - 2)]
    for size, result in results.items():
        lines += [_row(int(size), name, stage) for name, stage in result["stages"].items()]
    ends = [f"\n{int(size):,} nodes: {result['ended']}" for size, result in results.items() if "ended" in result]
    return "\n".join([*lines, *ends])


def _row(size: int, name: str, stage: Mapping[str, Any]) -> str:
    functions = ", ".join(f"{function} {seconds:g}" for function, seconds in stage["function_seconds"].items())
    peaks = [f"{stage['memory'].get(process, {}).get('peak', 0):,}" for process in ("workers", "gateway")]
    calls = [f"{stage['calls'].get(service, 0):,}" for service in ("dynamodb", "s3", "sqs")]
    units = [f"{stage['read_units']:,.0f}", f"{stage['write_units']:,.0f}", f"{stage['dollars']:.4f}"]
    cells = [f"{size:,}", name, f"{stage['seconds']:,.1f}", functions, *peaks, *calls, *units]
    return f"| {' | '.join(cells)} |"


PLOTS: dict[str, tuple[str, _Figure]] = {
    "seconds": ("seconds", lambda stage: stage["seconds"]),
    "memory": ("peak memory of a worker, MB", lambda stage: stage["memory"].get("workers", {}).get("peak", 0)),
    "calls": ("calls to AWS", lambda stage: sum(stage["calls"].values())),
    "dollars": ("US dollars", lambda stage: stage["dollars"]),
}


def write(results: Results, docs: Path) -> None:
    """Write `scale.md` to a folder, and its plots: each figure against the nodes, with a line for each stage."""
    images = docs / "images"
    images.mkdir(exist_ok=True)
    for name, (title, figure) in PLOTS.items():
        _plot(results, images / f"scale-{name}.svg", title, figure)
    plots = "\n".join(f"![{title}](images/scale-{name}.svg)" for name, (title, _) in PLOTS.items())
    processors = " or ".join(sorted({str(result["processors"]) for result in results.values()}))
    page = PAGE.format(processors=processors, table=table(results), plots=plots)
    (docs / "scale.md").write_text(page, encoding="utf-8")


def _plot(results: Results, path: Path, title: str, figure: _Figure) -> None:
    import matplotlib as mpl  # here, since it takes a second

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "scale"  # equal results give equal files
    from matplotlib import pyplot

    drawing, axes = pyplot.subplots(figsize=(8, 5))
    for name in dict.fromkeys(name for result in results.values() for name in result["stages"]):
        points = [
            (int(size), figure(result["stages"][name])) for size, result in results.items() if name in result["stages"]
        ]
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    sizes = [int(size) for size in results]
    axes.set(xscale="log", yscale="linear" if "memory" in title else "log", xlabel="nodes", ylabel=title)
    axes.minorticks_off()
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    drawing.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(drawing)
