"""`make bench-scale`: its channels have the sizes that are asked for, and its results become a table and plots."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import scale, scale_report, scale_tree

STAGE = {
    "seconds": 1.25,
    "function_seconds": {"publish": 0.5, "export": 0.25},
    "memory": {"workers": {"idle": 100, "peak": 1200}, "gateway": {"idle": 90, "peak": 95}},
    "calls": {"dynamodb": 1234, "s3": 5},
    "read_units": 10.5,
    "write_units": 2000.0,
    "dollars": 0.0123,
}
RESULTS = {
    "1000": {"processors": 2, "stages": {"upload": STAGE, "publish": STAGE}},
    "10000": {"processors": 2, "stages": {"upload": STAGE}, "ended": "TimeoutError: too slow"},
}


@pytest.mark.parametrize("count", [3, 4, 41, 43, 200, 400, 1643, 1644, 1645, 5000])
def test_channels_have_as_many_nodes_none_of_which_is_empty(count: int) -> None:
    found = list(scale_tree.names(count))
    children = Counter(parent for _, parent in found)
    assert len({name for name, _ in found}) == count
    places = {"": -1, **{name: number for number, (name, _) in enumerate(found)}}
    assert all(places[parent] < places[name] for name, parent in found)
    assert all(children[name] for name, _ in found if name.startswith(("section", "topic")))


def test_a_fifth_of_the_resources_are_exercises_of_three_questions() -> None:
    nodes = [scale_tree.node_of(name, "a.pdf") for name, _ in scale_tree.names(10_000)]
    kinds = Counter(node["kind"] for node in nodes)
    assert 0.19 < kinds["exercise"] / (kinds["exercise"] + kinds["document"]) < 0.21
    assert {len(node["questions"]) for node in nodes if node["kind"] == "exercise"} == {3}


def test_the_table_has_a_row_for_each_stage_and_says_what_ended_a_size() -> None:
    lines = scale_report.table(RESULTS).splitlines()
    row = "| 1,000 | upload | 1.2 | publish 0.5, export 0.25 | 1,200 | 95 | 1,234 | 5 | 0 | 10 | 2,000 | 0.0123 |"
    assert (len(lines), lines[2]) == (7, row)
    assert lines[-1] == "10,000 nodes: TimeoutError: too slow"


def test_the_page_shows_plots_which_are_equal_for_equal_results(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        scale_report.write(RESULTS, folder)
    page = (one / "scale.md").read_text(encoding="utf-8")
    assert scale_report.table(RESULTS) in page
    plots = [path.relative_to(one) for path in one.rglob("*.svg")]
    assert len(plots) == len(scale_report.PLOTS)
    assert all(f"({path})" in page for path in plots)
    assert all((one / path).read_bytes() == (other / path).read_bytes() for path in plots)


def test_report_measures_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "scale.json"
    results.write_text(json.dumps(RESULTS))
    assert scale.main(["--report", "--results", str(results), "--docs", str(tmp_path)]) == 1
    assert "| 1,000 | upload |" in capsys.readouterr().out
