"""Imports what an earlier stack left behind: tables and the bucket are retained when a stack is deleted, and a new
stack could not create them again.

An IMPORT change set takes them into the stack first, then an ordinary change set does the rest. CloudFormation's own
search (`ImportExistingResources`) would not find them: it supports literal names only, and ours begin with `${Prefix}`.
An IMPORT change set may contain nothing but imports, so the rest of its template is the stack's own, after transforms,
or only the parameters if there is no stack yet. Imported resources are described as they are, so that the next change
set finds the differences. Where they agree with the template, its expressions are used: CloudFormation takes a literal
in place of an expression for a new name, and would replace the table.
"""

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, code_of

NAMES = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}
_RETAIN = ("Retain", "RetainExceptOnCreate")
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:]+)\}")

Template = dict[str, Any]


@dataclass(frozen=True)
class Retained:
    """A resource that outlives its stack: its logical id, its name, and its definition in the template."""

    logical_id: str
    name: str
    resource: dict[str, Any]

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.resource["Type"])


def values_of(account: Account, parameters: dict[str, str]) -> dict[str, str]:
    """The values that `Ref` and `Fn::Sub` of a template can name, other than resources."""
    pseudo = {"AWS::AccountId": account.id, "AWS::Region": account.region, "AWS::Partition": account.partition}
    return parameters | pseudo


def retained(template: Template, values: dict[str, str]) -> list[Retained]:
    """The resources of a template that outlive its stack and can be imported."""
    return [
        Retained(logical_id, str(_resolved(resource["Properties"][NAMES[resource["Type"]]], values)), resource)
        for logical_id, resource in template["Resources"].items()
        if resource.get("Type") in NAMES and resource.get("DeletionPolicy") in _RETAIN
    ]


def existing(account: Account, resources: list[Retained]) -> list[tuple[Retained, dict[str, Any]]]:
    """Those of the resources that exist, each with its current properties."""
    pages = account.client("dynamodb").get_paginator("list_tables").paginate()
    tables = {name for page in pages for name in page["TableNames"]}
    found = []
    for resource in resources:
        if resource.kind == "AWS::S3::Bucket" and has_bucket(account, resource.name):
            found.append((resource, {"BucketName": resource.name}))
        elif resource.name in tables:
            found.append((resource, _table(account, resource)))
    return found


def has_bucket(account: Account, name: str) -> bool:
    """Whether the bucket exists.

    Raises DeployError if it belongs to another account or is in another region: bucket names are global, and botocore
    follows a bucket to its region.
    """
    try:
        found = account.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if code_of(error) == "404":
            return False
        if code_of(error) != "403":
            raise
        problem = f"The bucket {name} cannot be read: it belongs to another account, or s3:ListBucket is not allowed."
        raise DeployError(problem) from error
    region = found["BucketRegion"]
    if region != account.region:
        raise DeployError(
            f"Nothing was done in {account.region}: this stage lives in {region}, where its bucket {name} is. "
            f"Set REGION={region}."
        )
    return True


def check_region(account: Account, resources: list[Retained]) -> None:
    """Raises DeployError, as `has_bucket` does, before anything is created or deleted in the wrong region."""
    for resource in resources:
        if resource.kind == "AWS::S3::Bucket":
            has_bucket(account, resource.name)


def template_of(found: list[tuple[Retained, dict[str, Any]]], base: Template, values: dict[str, str]) -> Template:
    """The template of an import: `base` with the resources found; for `values` see `values_of`."""
    own = {}
    for resource, properties in found:
        policies = {name: resource.resource[name] for name in _POLICIES if name in resource.resource}
        written = _in_words_of(properties, resource.resource["Properties"], values)
        own[resource.logical_id] = {"Type": resource.kind, **policies, "Properties": written}
    return {**base, "Resources": {**base.get("Resources", {}), **own}}


def to_import(found: list[tuple[Retained, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The `ResourcesToImport` of a change set."""
    return [
        {
            "ResourceType": resource.kind,
            "LogicalResourceId": resource.logical_id,
            "ResourceIdentifier": {NAMES[resource.kind]: resource.name},
        }
        for resource, _ in found
    ]


# ---- current properties of a table ----


def _table(account: Account, resource: Retained) -> dict[str, Any]:
    dynamodb, name = account.client("dynamodb"), resource.name
    found = dynamodb.describe_table(TableName=name)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return properties_of(found, backups, ttl)


def properties_of(found: dict[str, Any], backups: dict[str, Any], ttl: dict[str, Any]) -> dict[str, Any]:
    """The properties of a table, from DynamoDB's descriptions."""
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
    properties: dict[str, Any] = {
        "TableName": found["TableName"],
        "AttributeDefinitions": found["AttributeDefinitions"],
        "KeySchema": found["KeySchema"],
        "BillingMode": found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "DeletionProtectionEnabled": bool(found.get("DeletionProtectionEnabled")),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery},
    }
    parts = ("IndexName", "KeySchema", "Projection")
    indexes = [{part: index[part] for part in parts} for index in found.get("GlobalSecondaryIndexes", [])]
    if indexes:
        properties["GlobalSecondaryIndexes"] = indexes
    if ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        properties["TimeToLiveSpecification"] = {"AttributeName": ttl["AttributeName"], "Enabled": True}
    return properties


def _in_words_of(found: Any, wanted: Any, values: dict[str, str]) -> Any:
    """What was found, with the template's expressions and order wherever both are equal."""
    if _resolved(found, {}) == _resolved(wanted, values):
        return wanted
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {name: _in_words_of(value, wanted.get(name), values) for name, value in found.items()}
    if isinstance(found, list) and found and "IndexName" in found[0]:
        by_name = {index["IndexName"]: index for index in wanted or []}
        return [_in_words_of(index, by_name.get(index["IndexName"]), values) for index in found]
    return found


def _resolved(value: Any, values: dict[str, str]) -> Any:
    """A value for comparisons: references are resolved, and lists sorted."""
    if isinstance(value, dict):
        if value.keys() == {"Ref"}:
            return values.get(value["Ref"], repr(value))
        if value.keys() == {"Fn::Sub"}:
            return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), value["Fn::Sub"])
        return {name: _resolved(own, values) for name, own in value.items()}
    if isinstance(value, list):
        return sorted((_resolved(own, values) for own in value), key=repr)
    return str(value).lower() if isinstance(value, bool) else value
