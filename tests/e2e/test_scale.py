"""`make bench-scale` measures each stage of a small channel on a stack of its own."""

import json
from pathlib import Path

import pytest

from benchmarks import scale


def test_a_small_size_is_measured_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "QUIET", 0.5)
    monkeypatch.setenv("COUNT_CALLS", "")  # set by the benchmark, restored after the test
    results = tmp_path / "scale.json"
    given = ["60", "--clients", "2", "--results", str(results), "--docs", str(tmp_path)]
    assert scale.main(given) == 0, json.loads(results.read_text())["60"].get("ended")
    stages = json.loads(results.read_text())["60"]["stages"]
    assert list(stages) == list(scale.STAGES)
    assert {"api", "publish", "export"} <= set(stages["publish"]["function_seconds"])
    assert "export" not in stages["publish again, nothing changed"]["function_seconds"]
    for name in ("upload", "publish", "publish again, one node edited"):
        assert stages[name]["calls"]["dynamodb"] > 0
        assert stages[name]["dollars"] > 0
        assert stages[name]["memory"]["workers"]["peak"] >= stages[name]["memory"]["workers"]["idle"] > 10
