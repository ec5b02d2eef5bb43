"""Deletes a stage: its stack and, if requested, its data."""

import time
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying import artefacts, settings, stack
from infra.deploying.account import Account
from infra.deploying.adopt import Retained, has_bucket
from infra.deploying.events import Say
from infra.deploying.problems import DeployError, code_of

POLL = 2.0  # seconds


def remove_stack(account: Account, name: str, say: Say) -> bool:
    """Delete the stack, but not its data; returns whether there was one.

    Raises DeployError if it cannot be deleted.
    """
    found = stack.describe(account, name)
    if found is None:
        return False
    if found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] != stack.NEW:
        raise DeployError(f"{name} is being changed: wait for the end of that, then run make destroy again.")
    account.client("cloudformation").update_termination_protection(StackName=name, EnableTerminationProtection=False)
    stack.delete(account, found, say)
    return True


def data_of(account: Account, prefix: str, retained: list[Retained]) -> tuple[list[str], list[str]]:
    """The existing (tables, buckets): all tables with the prefix, including restored copies."""
    pages = account.client("dynamodb").get_paginator("list_tables").paginate()
    tables = [name for page in pages for name in page["TableNames"] if name.startswith(prefix)]
    names = [resource.name for resource in retained if resource.kind == "AWS::S3::Bucket"]
    names.append(artefacts.bucket_name(account, prefix))
    return tables, [name for name in names if has_bucket(account, name)]


def remove_data(account: Account, stage: str, tables: list[str], buckets: list[str], say: Say) -> None:
    """Delete tables, buckets with every version of their objects, and the stage's settings."""
    dynamodb = account.client("dynamodb")
    for table in tables:
        _remove_table(dynamodb, table)
        say(f"  {table}: deleted")
    for bucket in buckets:
        count = _empty(account.client("s3"), bucket)
        account.client("s3").delete_bucket(Bucket=bucket)
        say(f"  {bucket}: deleted, with {count:,} versions of objects")
    names = [settings.path(stage, name) for name in settings.read(account, stage)]
    for start in range(0, len(names), 10):  # SSM's limit per call
        account.client("ssm").delete_parameters(Names=names[start : start + 10])
    say(f"  {settings.path(stage)}: {len(names)} settings deleted")


def _remove_table(dynamodb: Any, table: str) -> None:
    if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    while True:  # the previous change of the table may still be in progress
        try:
            dynamodb.delete_table(TableName=table)
        except ClientError as error:
            if code_of(error) not in ("ResourceInUseException", "LimitExceededException"):
                raise
            time.sleep(POLL)
        else:
            return


def _empty(s3: Any, bucket: str) -> int:
    """Delete every version of every object, and unfinished uploads; returns the number of versions."""
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        if objects:
            refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", [])
            if refused:
                raise DeployError(f"{refused[0]['Key']} of {bucket} cannot be deleted: {refused[0].get('Message')}.")
            count += len(objects)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return count
