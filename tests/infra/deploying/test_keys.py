"""The first deploy of a version whose API requires keys: it keeps answering."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from infra import deploy
from infra.deploying import account, artefacts, settings, stack
from infra.packaging import finishing

KEYED: dict[str, Any] = {
    "Parameters": {name: {"Default": "", "NoEcho": True} for name in (settings.SECRET, *settings.KEYS)},
    "Resources": {
        "FirstApiKey": {"Type": "AWS::ApiGateway::ApiKey"},
        "RestAPI": {"Properties": {"DefinitionBody": {"paths": {"/": {"get": {"security": [{finishing.KEY: []}]}}}}}},
    },
}


@pytest.fixture
def at() -> Iterator[account.Account]:
    with mock_aws():
        yield account.at("eu-central-1")


@pytest.fixture
def updates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[bool, dict[str, str]]]:
    """The updates of the stack: (does the API require a key, parameters)."""
    found: list[tuple[bool, dict[str, str]]] = []
    monkeypatch.setattr(artefacts, "make_bucket", lambda *_: "bucket")
    monkeypatch.setattr(artefacts, "upload_code", lambda *_: "code")
    monkeypatch.setattr(artefacts, "with_code", lambda packaged, *_: packaged)
    monkeypatch.setattr(artefacts, "keep_only", lambda *_: None)
    monkeypatch.setattr(deploy, "_import_existing", lambda *_: False)
    monkeypatch.setattr(stack, "describe", lambda *_: None)

    def update(at: Any, name: str, kind: str, bucket: str, whole: Any, parameters: dict[str, str], *_: Any) -> str:
        method = whole["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]["/"]["get"]
        found.append(("security" in method, parameters))
        return "key"

    monkeypatch.setattr(deploy, "_update", update)
    (tmp_path / "template.json").write_text(json.dumps(KEYED))
    (tmp_path / "parameters.json").write_text(json.dumps({"Prefix": "studio-dev-"}))
    return found


@pytest.mark.parametrize(
    ("have", "required"),
    [(None, [True]), ({"RestAPI"}, [False, True]), ({"RestAPI", "FirstApiKey"}, [True])],
    ids=["new", "of an earlier version", "of this version"],
)
def test_cloudfront_sends_a_key_before_the_api_requires_one(
    at: account.Account,
    updates: list[tuple[bool, dict[str, str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    have: set[str] | None,
    required: list[bool],
) -> None:
    monkeypatch.setattr(stack, "ready", lambda *_: have and {"StackStatus": "UPDATE_COMPLETE"})
    monkeypatch.setattr(stack, "logical_ids", lambda *_: have or set())
    declared = {**KEYED["Parameters"], "Prefix": {}}
    (tmp_path / "template.json").write_text(json.dumps(KEYED | {"Parameters": declared}))
    deploy.deploy("dev", at.region, build_dir=tmp_path, say=lambda _: None)
    assert [keyed for keyed, _ in updates] == required
    for _, parameters in updates:
        assert {len(parameters[name]) for name in (settings.SECRET, *settings.KEYS)} == {64}
        assert len({parameters[name] for name in (settings.SECRET, *settings.KEYS)}) == 3
