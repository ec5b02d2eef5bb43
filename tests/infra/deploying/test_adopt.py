"""Importing existing resources: they are described as they are, with the template's expressions where both agree."""

from typing import Any

from infra.deploying import adopt
from tests.infra.deploying import small_build

VALUES = {"Prefix": "studio-dev-", "DeletionProtection": "false", "AWS::AccountId": "1"}


def users() -> adopt.Retained:
    return next(
        resource for resource in adopt.retained(small_build.template(), VALUES) if resource.logical_id == "UsersTable"
    )


def described(**changes: Any) -> dict[str, Any]:
    """DynamoDB's description of a table that agrees with the template, but in another order."""
    wanted = users().resource["Properties"]
    indexes = [{**index, "IndexStatus": "ACTIVE"} for index in reversed(wanted["GlobalSecondaryIndexes"])]
    return {
        "TableName": "studio-dev-users",
        "KeySchema": wanted["KeySchema"],
        "AttributeDefinitions": wanted["AttributeDefinitions"][::-1],
        "GlobalSecondaryIndexes": indexes,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "DeletionProtectionEnabled": False,
    } | changes


def written(recovery: str = "ENABLED", **changes: Any) -> dict[str, Any]:
    backups = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": recovery}}
    properties = adopt.properties_of(described(**changes), backups, {"TimeToLiveStatus": "DISABLED"})
    template = adopt.template_of([(users(), properties)], {}, VALUES)
    resource: dict[str, Any] = template["Resources"]["UsersTable"]
    assert resource["DeletionPolicy"] == "Retain"
    found: dict[str, Any] = resource["Properties"]
    return found


def test_resources_that_outlive_their_stack_are_named() -> None:
    names = {resource.logical_id: resource.name for resource in adopt.retained(small_build.template(), VALUES)}
    assert names.keys() == {*small_build.TABLES, "ContentBucket"}
    assert (names["UsersTable"], names["ContentBucket"]) == ("studio-dev-users", "studio-dev-content-1")


def test_a_table_that_agrees_with_the_template_has_its_definition() -> None:
    assert written() == users().resource["Properties"]


def test_a_table_that_differs_is_described_as_it_is() -> None:
    wanted = users().resource["Properties"]
    (first, second) = described()["GlobalSecondaryIndexes"]
    found = written("DISABLED", DeletionProtectionEnabled=True, GlobalSecondaryIndexes=[second])
    assert found["DeletionProtectionEnabled"] is True
    assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert found["GlobalSecondaryIndexes"] == [wanted["GlobalSecondaryIndexes"][0]]
    assert found["TableName"] == wanted["TableName"]
    assert first["IndexName"] != second["IndexName"]


def test_names_that_the_stack_does_not_define_are_literal() -> None:
    resource = users()
    template = adopt.template_of([(resource, {"TableName": "studio-dev-users"})], {}, {})
    assert template["Resources"]["UsersTable"]["Properties"] == {"TableName": "studio-dev-users"}


def test_the_time_to_live_is_described() -> None:
    ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    found = adopt.properties_of(described(), {}, ttl)
    assert found["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
