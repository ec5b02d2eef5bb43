"""CloudFormation's YAML becomes plain JSON."""

from pathlib import Path
from typing import Any

import pytest

from infra import cfn


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref Prefix", {"Ref": "Prefix"}),
        ("!Condition Has", {"Condition": "Has"}),
        ('!Sub "${Prefix}x"', {"Fn::Sub": "${Prefix}x"}),
        ("!GetAtt Queue.Arn", {"Fn::GetAtt": ["Queue", "Arn"]}),
        ("!GetAtt [Queue, Arn]", {"Fn::GetAtt": ["Queue", "Arn"]}),
        ("!GetAtt Stack.Outputs.Url", {"Fn::GetAtt": ["Stack", "Outputs.Url"]}),
        ("!Not [!Equals [!Ref A, b]]", {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, "b"]}]}),
        ("!Transform {Name: n}", {"Fn::Transform": {"Name": "n"}}),
    ],
)
def test_short_forms_become_long_ones(short: str, long: Any, tmp_path: Path) -> None:
    file = tmp_path / "part.yaml"
    file.write_text(f"Value: {short}")
    assert cfn.read(file) == {"Value": long}


def test_shared_parts_are_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "part.yaml"
    file.write_text("A: &a {one: !Ref P}\nB: {<<: *a, two: 2}")
    assert cfn.read(file)["B"] == {"one": {"Ref": "P"}, "two": 2}
