"""What is taken up into a stack: named, and described as it is, in the template's words where it is as it should be."""

from typing import Any

from infra.deploying import adopt
from tests.infra.deploying import small_build

VALUES = {"Prefix": "studio-dev-", "DeletionProtection": "false", "AWS::AccountId": "1"}


def users() -> adopt.Kept:
    return next(kept for kept in adopt.kept(small_build.template(), VALUES) if kept.logical_id == "UsersTable")


def described(**changes: Any) -> dict[str, Any]:
    """What DynamoDB says of a table that is as the template wants it, but in another order."""
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


def test_what_outlives_its_stack_is_named() -> None:
    names = {kept.logical_id: kept.name for kept in adopt.kept(small_build.template(), VALUES)}
    assert names.keys() == {*small_build.TABLES, "ContentBucket"}
    assert (names["UsersTable"], names["ContentBucket"]) == ("studio-dev-users", "studio-dev-content-1")


def test_a_table_that_is_as_it_should_be_is_the_templates() -> None:
    assert written() == users().resource["Properties"]


def test_a_table_that_differs_says_how_it_is() -> None:
    wanted = users().resource["Properties"]
    (first, second) = described()["GlobalSecondaryIndexes"]
    found = written("DISABLED", DeletionProtectionEnabled=True, GlobalSecondaryIndexes=[second])
    assert found["DeletionProtectionEnabled"] is True
    assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert found["GlobalSecondaryIndexes"] == [wanted["GlobalSecondaryIndexes"][0]]
    assert found["TableName"] == wanted["TableName"]
    assert first["IndexName"] != second["IndexName"]


def test_there_are_no_names_that_its_stack_does_not_know() -> None:
    kept = users()
    template = adopt.template_of([(kept, {"TableName": "studio-dev-users"})], {}, {})
    assert template["Resources"]["UsersTable"]["Properties"] == {"TableName": "studio-dev-users"}


def test_it_is_said_when_items_end() -> None:
    ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    found = adopt.properties_of(described(), {}, ttl)
    assert found["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
