"""Restoring tables to an earlier time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import deploy, resources
from infra.deploying import restore
from infra.deploying.restore import RestoreError

PREFIX = "studio-test-"


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(restore, "SEGMENTS", 2)
    with mock_aws():
        client = botocore.session.get_session().create_client("dynamodb", region_name=resources.LOCAL_REGION)
        resources.create_tables(client, PREFIX)
        yield client


def edge(parent: int, position: str) -> dict[str, Any]:
    return {"parent_id": {"S": str(parent)}, "position": {"S": position}, "node_id": {"S": f"{parent}{position}"}}


def fill(dynamodb: Any, table: str, items: list[dict[str, Any]]) -> None:
    for item in items:
        dynamodb.put_item(TableName=table, Item=item)


def contents(dynamodb: Any, table: str) -> list[str]:
    return sorted(map(repr, dynamodb.scan(TableName=table)["Items"]))


def beside(dynamodb: Any, name: str, items: list[dict[str, Any]]) -> None:
    """A restored copy, as DynamoDB creates it."""
    definition = next(table for table in resources.tables(PREFIX) if table["TableName"] == PREFIX + name)
    shape = {key: definition[key] for key in ("KeySchema", "BillingMode")}
    kinds = [part for part in definition["AttributeDefinitions"] if part["AttributeName"] in str(shape["KeySchema"])]
    dynamodb.create_table(TableName=PREFIX + name + restore.BESIDE, AttributeDefinitions=kinds, **shape)
    fill(dynamodb, PREFIX + name + restore.BESIDE, items)


def test_a_table_is_restored_from_its_copy(dynamodb: Any) -> None:
    was = [edge(parent, position) for parent in range(30) for position in "abc"]
    beside(dynamodb, "children", was)
    changed = {**edge(0, "a"), "node_id": {"S": "other"}}
    fill(dynamodb, PREFIX + "children", [changed, *[edge(99, str(number)) for number in range(40)]])
    assert restore.finish(dynamodb, PREFIX, "children") == (90, 40)
    assert contents(dynamodb, PREFIX + "children") == sorted(map(repr, was))
    assert restore.finish(dynamodb, PREFIX, "children") == (90, 0)


def test_without_a_copy_nothing_is_touched(dynamodb: Any) -> None:
    fill(dynamodb, PREFIX + "children", [edge(1, "a")])
    with pytest.raises(RestoreError, match="run make restore first"):
        restore.finish(dynamodb, PREFIX, "children")
    assert len(contents(dynamodb, PREFIX + "children")) == 1


def test_a_copy_is_requested_beside_the_table(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = []

    def restored(**given: Any) -> None:
        requested.append(given)
        beside(dynamodb, "children", [])

    monkeypatch.setattr(dynamodb, "restore_table_to_point_in_time", restored)
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    restore.begin(dynamodb, PREFIX, moment, ["children"])
    names = {"SourceTableName": "studio-test-children", "TargetTableName": "studio-test-children-restored"}
    assert requested == [{**names, "RestoreDateTime": moment}]


def test_a_refusal_is_reported(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        error: Any = {"Code": "PointInTimeRecoveryUnavailableException", "Message": "PITR is off"}
        raise ClientError({"Error": error}, "RestoreTableToPointInTime")

    monkeypatch.setattr(dynamodb, "restore_table_to_point_in_time", refuse)
    with pytest.raises(RestoreError, match="PITR is off"):
        restore.begin(dynamodb, PREFIX, datetime.now(UTC), ["children"])


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-31T12:00:00", ""])
def test_a_time_requires_a_time_zone(moment: str) -> None:
    with pytest.raises(RestoreError, match="TIME"):
        restore._moment(moment)


def test_an_existing_copy_is_reported_and_nothing_is_requested(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(dynamodb, "children", [])
    monkeypatch.setattr(dynamodb, "restore_table_to_point_in_time", lambda **_: pytest.fail("requested"))
    with pytest.raises(RestoreError, match="studio-test-children-restored exists already"):
        restore.begin(dynamodb, PREFIX, datetime.now(UTC), ["nodes", "children"])


OPTIONS = {"STAGE": "dev", "REGION": "eu-central-1", "TABLES": "children", "TIME": "2026-01-31T12:00:00Z"}


@pytest.mark.parametrize(
    ("step", "changed", "said"),
    [
        ("restore", {"STAGE": ""}, "STAGE is required: set STAGE to one of dev, staging, prod."),
        ("restore", {"REGION": "nowhere-1"}, "There is no AWS region 'nowhere-1'"),
        ("restore", {"REGION": ""}, "REGION is required: REGION=eu-central-1"),
        ("restore", {"TABLES": "children typo"}, "TABLES must name some of account_links, "),
        ("restore", {"TIME": ""}, "TIME must be like"),
        ("restore", {}, "studio-dev-children cannot be restored: "),
        ("restore-finish", {}, "There is no studio-dev-children-restored: run make restore first."),
    ],
)
@mock_aws
def test_a_step_names_what_is_missing(
    step: str, changed: dict[str, str], said: str, capsys: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert deploy.main(step, OPTIONS | changed) == 1
    out, err = capsys.readouterr()
    assert (out, said in err, err.count("\n")) == ("", True, 1)


@mock_aws
def test_a_missing_permission_is_one_sentence(capsys: Any, monkeypatch: Any) -> None:
    def refuse(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeTable")

    monkeypatch.setattr(restore, "finish", refuse)
    assert deploy.main("restore-finish", OPTIONS) == 1
    assert capsys.readouterr().err == (
        "These credentials lack the permission dynamodb:DescribeTable: allow it, or use other credentials.\n"
    )


@mock_aws
def test_the_region_defaults_to_the_aws_settings(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    client: Any = botocore.session.get_session().create_client("dynamodb", region_name="eu-west-1")
    monkeypatch.setattr(restore, "SEGMENTS", 2)
    resources.create_tables(client, "studio-dev-")
    client.create_table(
        TableName="studio-dev-users-restored",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    assert deploy.main("restore-finish", OPTIONS | {"REGION": "", "TABLES": "users"}) == 0
    assert capsys.readouterr().out == "studio-dev-users: 0 items restored, 0 newer ones deleted\n"
