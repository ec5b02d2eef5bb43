"""Reads CloudFormation's YAML. Short forms of its functions become long ones, so that the result is plain JSON."""

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """YAML with `!Sub x`, which is read as `{"Fn::Sub": x}`."""


def read(path: Path) -> dict[str, Any]:
    """A template, or a part of one, in long forms.

    `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`; `!Ref` and `!Condition` have no `Fn::`, all others have.
    """
    content: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return content


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix in ("Ref", "Condition"):
        return {suffix: _argument(loader, node)}
    argument = _argument(loader, node)
    if suffix == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {f"Fn::{suffix}": argument}


def _argument(loader: _Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _function)
