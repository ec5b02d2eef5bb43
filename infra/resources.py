"""Reads `resources.yaml` and creates its tables, bucket and queues without CloudFormation.

Unit tests (moto) and the local stack (ministack) use it, so that they run on what is deployed. It supports the
intrinsic functions and resource types of that template, nothing more; anything else is a KeyError or ValueError. Every
`create_*` can be called again: existing resources stay, with their data.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from infra import cfn

TEMPLATE = Path(__file__).with_name("resources.yaml")
LOCAL_ACCOUNT = "000000000000"
LOCAL_REGION = "us-east-1"
# Each has a function, and a queue "<name>-dlq" for what it failed to process.
QUEUES = ("publish", "export", "maintenance", "uploads", "assembly", "failed")
FUNCTIONS = {"Ref": "_ref", "Fn::Sub": "_sub", "Fn::GetAtt": "_getatt"}
NAME_PROPERTY = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
}


class KeysDiffer(Exception):
    """A table exists with other keys than the template's, which DynamoDB cannot change."""


def read_template() -> dict[str, Any]:
    """The template as written, intrinsic functions in their long forms."""
    return copy.deepcopy(_parsed())


@cache
def _parsed() -> dict[str, Any]:
    return cfn.read(TEMPLATE)


class Resources:
    """The template's resources with every intrinsic function resolved for one prefix and account."""

    def __init__(self, prefix: str, account: str = LOCAL_ACCOUNT, region: str = LOCAL_REGION) -> None:
        template = read_template()
        self._raw = template["Resources"]
        self._values = {name: p["Default"] for name, p in template["Parameters"].items()} | {
            "Prefix": prefix,
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
        }

    def of_type(self, kind: str) -> Iterator[dict[str, Any]]:
        """Properties of all resources of a type, in the template's order."""
        for resource in self._raw.values():
            if resource["Type"] == kind:
                yield self._resolve(resource["Properties"])

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in FUNCTIONS:
                return getattr(self, FUNCTIONS[name])(argument)
        return {key: self._resolve(item) for key, item in value.items()}

    def _ref(self, name: str) -> str:
        """A parameter's value; for a resource its name (CloudFormation gives a queue's URL, which has it last)."""
        return str(self._values[name]) if name in self._values else self._name(name)

    def _sub(self, text: str) -> str:
        return _Sub(text).substitute(self._values)

    def _getatt(self, path: list[str]) -> str:
        name, attribute = path
        if attribute != "Arn" or self._raw[name]["Type"] != "AWS::SQS::Queue":
            raise ValueError(f"!GetAtt {name}.{attribute} is not supported here")
        return self._sub("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:") + self._name(name)

    def _name(self, logical_id: str) -> str:
        resource = self._raw[logical_id]
        return str(self._resolve(resource["Properties"][NAME_PROPERTY[resource["Type"]]]))


class _Sub(Template):
    idpattern = r"[A-Za-z0-9:]+"


def tables(prefix: str) -> list[dict[str, Any]]:
    """Arguments of CreateTable for every table, with `TimeToLiveSpecification` if it has one.

    Backups and deletion protection are left out: they only matter in AWS.
    """
    found = list(Resources(prefix).of_type("AWS::DynamoDB::Table"))
    for table in found:
        del table["PointInTimeRecoverySpecification"], table["DeletionProtectionEnabled"]
    return found


def bucket_name(prefix: str, account: str = LOCAL_ACCOUNT) -> str:
    """Name of the bucket of a stage."""
    return str(next(Resources(prefix, account).of_type("AWS::S3::Bucket"))["BucketName"])


def create_tables(dynamodb: Any, prefix: str) -> None:
    """Create missing tables, indexes and time-to-live settings.

    Raises KeysDiffer if a table exists with other keys.
    """
    for definition in tables(prefix):
        ttl = definition.pop("TimeToLiveSpecification", None)
        try:
            found = dynamodb.describe_table(TableName=definition["TableName"])["Table"]
        except dynamodb.exceptions.ResourceNotFoundException:
            dynamodb.create_table(**definition)
        else:
            _update_indexes(dynamodb, found, definition)
        if ttl:
            _set_ttl(dynamodb, definition["TableName"], ttl)


def _update_indexes(dynamodb: Any, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    name = wanted["TableName"]
    if found["KeySchema"] != wanted["KeySchema"]:
        raise KeysDiffer(name)
    shape = ("KeySchema", "Projection")
    have = {i["IndexName"]: [i[s] for s in shape] for i in found.get("GlobalSecondaryIndexes", [])}
    want = {i["IndexName"]: i for i in wanted.get("GlobalSecondaryIndexes", [])}
    changes: list[dict[str, Any]] = [
        {"Delete": {"IndexName": index}}
        for index, parts in have.items()
        if index not in want or [want[index][s] for s in shape] != parts
    ]
    removed = {change["Delete"]["IndexName"] for change in changes}
    changes += [{"Create": index} for key, index in want.items() if key not in have or key in removed]
    for change in changes:  # DynamoDB accepts one index change per call
        dynamodb.update_table(
            TableName=name,
            AttributeDefinitions=wanted["AttributeDefinitions"],
            GlobalSecondaryIndexUpdates=[change],
        )


def _set_ttl(dynamodb: Any, table: str, ttl: dict[str, Any]) -> None:
    status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
    if status not in ("ENABLED", "ENABLING"):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)


def create_queues(sqs: Any, prefix: str) -> dict[str, str]:
    """Create the queues, dead-letter queues first; returns the URLs by name without prefix (`publish`, …)."""
    found = list(Resources(prefix).of_type("AWS::SQS::Queue"))
    names = [queue["QueueName"] for queue in found]
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
    account = next(iter(urls.values())).split("/")[-2]  # moto's and ministack's accounts differ
    resources = Resources(prefix, account, sqs.meta.region_name)
    for queue in resources.of_type("AWS::SQS::Queue"):
        url = urls[queue.pop("QueueName")]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={k: _attribute(v) for k, v in queue.items()})
    for policy in resources.of_type("AWS::SQS::QueuePolicy"):
        for name in policy["Queues"]:
            document = json.dumps(policy["PolicyDocument"])
            sqs.set_queue_attributes(QueueUrl=urls[name], Attributes={"Policy": document})
    return {name.removeprefix(prefix): url for name, url in urls.items()}


@dataclass(frozen=True)
class Schedule:
    """A message that is sent to a queue (its name without prefix) every so many seconds."""

    queue: str
    body: str
    seconds: int


def schedules() -> list[Schedule]:
    """The schedules of the template. Raises ValueError for expressions that the local stack does not support."""
    found = []
    for rule in Resources("").of_type("AWS::Events::Rule"):
        rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", rule["ScheduleExpression"])
        if rate is None:
            raise ValueError(f"{rule['ScheduleExpression']} is not supported here")
        seconds = int(rate[1]) * {"minute": 60, "hour": 3600, "day": 86400}[rate[2]]
        found += [Schedule(target["Arn"].rpartition(":")[2], target["Input"], seconds) for target in rule["Targets"]]
    return found


def _attribute(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | bool) else str(value)


def create_bucket(s3: Any, prefix: str, account: str = LOCAL_ACCOUNT) -> str:
    """Create the bucket with its rules, without the notification; returns its name."""
    bucket = next(Resources(prefix, account).of_type("AWS::S3::Bucket"))
    name = str(bucket["BucketName"])
    if name not in {b["Name"] for b in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=name)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=bucket["PublicAccessBlockConfiguration"])
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=bucket["VersioningConfiguration"])
    rules = [_lifecycle_rule(rule) for rule in bucket["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    cors = [_cors_rule(rule) for rule in bucket["CorsConfiguration"]["CorsRules"]]
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": cors})
    return name


def notify_queues(s3: Any, prefix: str, account: str = LOCAL_ACCOUNT) -> None:
    """Let the bucket notify its queues of new objects; bucket and queues must exist."""
    bucket = next(Resources(prefix, account, s3.meta.region_name).of_type("AWS::S3::Bucket"))
    queues = [
        {
            "QueueArn": queue["Queue"],
            "Events": [queue["Event"]],
            "Filter": {"Key": {"FilterRules": queue["Filter"]["S3Key"]["Rules"]}},
        }
        for queue in bucket["NotificationConfiguration"]["QueueConfigurations"]
    ]
    s3.put_bucket_notification_configuration(
        Bucket=bucket["BucketName"], NotificationConfiguration={"QueueConfigurations": queues}
    )


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as the S3 API names it: CloudFormation has `Id`, `Prefix`, `ExpirationInDays` and such."""
    rule = dict(rule)
    renamed: dict[str, Any] = {"ID": rule.pop("Id"), "Filter": {"Prefix": rule.pop("Prefix")}}
    if "ExpirationInDays" in rule:
        renamed["Expiration"] = {"Days": rule.pop("ExpirationInDays")}
    if "ExpiredObjectDeleteMarker" in rule:
        renamed["Expiration"] = {"ExpiredObjectDeleteMarker": rule.pop("ExpiredObjectDeleteMarker")}
    return renamed | rule


def _cors_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as the S3 API names it: CloudFormation has `ExposedHeaders` and `MaxAge`."""
    rule = dict(rule)
    return {"ExposeHeaders": rule.pop("ExposedHeaders"), "MaxAgeSeconds": rule.pop("MaxAge")} | rule
