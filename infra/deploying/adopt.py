"""Takes up what an earlier stack left: its tables and its bucket stay when it is deleted, and a new one could not
create them again.

An IMPORT change set takes them into the stack first, an ordinary one then does the rest. CloudFormation's own search
for what is there (`ImportExistingResources`) would not do: it reads names without functions only, and ours begin with
`${Prefix}`. Nothing but imports may be in such a change set: beside them the template is the stack's own, after its
transforms, or holds only parameters where there is no stack yet. What is imported is described as it is, so that the
change that follows finds the differences, but in the template's words where it is as the template wants it: a name
that was literal before would be a new name for CloudFormation, and the table one to be replaced.
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
class Kept:
    """A resource that outlives its stack: its id in the template, its name, and what the template says of it."""

    logical_id: str
    name: str
    resource: dict[str, Any]

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.resource["Type"])


def values_of(account: Account, parameters: dict[str, str]) -> dict[str, str]:
    """What a template's `Ref` and `Fn::Sub` may name, but for its resources."""
    pseudo = {"AWS::AccountId": account.id, "AWS::Region": account.region, "AWS::Partition": account.partition}
    return parameters | pseudo


def kept(template: Template, values: dict[str, str]) -> list[Kept]:
    """Those of a template's resources that outlive its stack and can be taken up."""
    return [
        Kept(logical_id, str(_plain(resource["Properties"][NAMES[resource["Type"]]], values)), resource)
        for logical_id, resource in template["Resources"].items()
        if resource.get("Type") in NAMES and resource.get("DeletionPolicy") in _RETAIN
    ]


def left(account: Account, resources: list[Kept]) -> list[tuple[Kept, dict[str, Any]]]:
    """Those of the resources that are there, each with its properties as they are."""
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
    """Whether the bucket is there.

    Raises DeployError where it is another account's or in another region: bucket names know no regions, and botocore
    follows a bucket to wherever it is.
    """
    try:
        found = account.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if code_of(error) == "404":
            return False
        if code_of(error) != "403":
            raise
        said = f"The bucket {name} cannot be read: it belongs to another account, or s3:ListBucket is not allowed."
        raise DeployError(said) from error
    region = found["BucketRegion"]
    if region != account.region:
        raise DeployError(
            f"Nothing was done in {account.region}: the bucket {name} is in {region}, where this stage is; say "
            f"REGION={region}."
        )
    return True


def check_region(account: Account, resources: list[Kept]) -> None:
    """Raises DeployError, as `has_bucket` does, before anything is made or deleted where a stage does not belong."""
    for resource in resources:
        if resource.kind == "AWS::S3::Bucket":
            has_bucket(account, resource.name)


def template_of(found: list[tuple[Kept, dict[str, Any]]], base: Template, values: dict[str, str]) -> Template:
    """The template of an import: `base` with the resources found. `values` are what it may name."""
    own = {}
    for resource, properties in found:
        policies = {name: resource.resource[name] for name in _POLICIES if name in resource.resource}
        written = _like(properties, resource.resource["Properties"], values)
        own[resource.logical_id] = {"Type": resource.kind, **policies, "Properties": written}
    return {**base, "Resources": {**base.get("Resources", {}), **own}}


def to_import(found: list[tuple[Kept, dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a change set is told of them."""
    return [
        {
            "ResourceType": resource.kind,
            "LogicalResourceId": resource.logical_id,
            "ResourceIdentifier": {NAMES[resource.kind]: resource.name},
        }
        for resource, _ in found
    ]


# ---- a table as it is ----


def _table(account: Account, resource: Kept) -> dict[str, Any]:
    dynamodb, name = account.client("dynamodb"), resource.name
    found = dynamodb.describe_table(TableName=name)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return properties_of(found, backups, ttl)


def properties_of(found: dict[str, Any], backups: dict[str, Any], ttl: dict[str, Any]) -> dict[str, Any]:
    """A table's properties by what DynamoDB says of it."""
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


def _like(found: Any, wanted: Any, values: dict[str, str]) -> Any:
    """What was found, in the words and the order of what is wanted, wherever the two say the same."""
    if _plain(found, {}) == _plain(wanted, values):
        return wanted
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {name: _like(value, wanted.get(name), values) for name, value in found.items()}
    if isinstance(found, list) and found and "IndexName" in found[0]:
        by_name = {index["IndexName"]: index for index in wanted or []}
        return [_like(index, by_name.get(index["IndexName"]), values) for index in found]
    return found


def _plain(value: Any, values: dict[str, str]) -> Any:
    """A value that can be compared: what it names is there instead, and order does not matter."""
    if isinstance(value, dict):
        if value.keys() == {"Ref"}:
            return values.get(value["Ref"], repr(value))
        if value.keys() == {"Fn::Sub"}:
            return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), value["Fn::Sub"])
        return {name: _plain(own, values) for name, own in value.items()}
    if isinstance(value, list):
        return sorted((_plain(own, values) for own in value), key=repr)
    return str(value).lower() if isinstance(value, bool) else value
