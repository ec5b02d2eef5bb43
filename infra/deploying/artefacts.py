"""The bucket of deployed artifacts: zip and template, each under the hash of its content.

Existing artifacts are not uploaded again. After a deploy all others are deleted, which leaves them as old versions that
expire after `OLD_DAYS`, so that a rollback during a deploy still finds them.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, code_of

OLD_DAYS = 90
CODE = "./deployment.zip"  # as the packaged template names it
_PRIVATE = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_MISSING = ("404", "NoSuchBucket", "NotFound", "NoSuchKey")


def bucket_name(account: Account, prefix: str) -> str:
    """The bucket of a stage in one region."""
    return f"{prefix}artifacts-{account.id}-{account.region}"


def make_bucket(account: Account, prefix: str) -> str:
    """Create or update the bucket: private, encrypted, versioned, with old versions that expire. Returns its name.

    Raises DeployError if the bucket belongs to another account.
    """
    s3, name = account.client("s3"), bucket_name(account, prefix)
    where: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    try:
        if not _is_there(s3, name, account.id):
            s3.create_bucket(Bucket=name, **({} if account.region == "us-east-1" else where))
    except ClientError as error:
        if code_of(error) not in ("BucketAlreadyExists", "403"):
            raise
        raise DeployError(
            f"The bucket {name} cannot be used: it belongs to another account, or these credentials may not do "
            "s3:ListBucket there."
        ) from error
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(_PRIVATE, True))
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encryption)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [_expiring()]})
    return name


def _is_there(s3: Any, name: str, owner: str) -> bool:
    try:
        s3.head_bucket(Bucket=name, ExpectedBucketOwner=owner)
    except ClientError as error:
        if code_of(error) in _MISSING:
            return False
        raise
    return True


def _expiring() -> dict[str, Any]:
    return {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_DAYS},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }


def upload_code(account: Account, bucket: str, build: Path) -> str:
    """Upload the zip of `build`; returns its key."""
    return upload(account, bucket, "code", "zip", (build / "deployment.zip").read_bytes())


def upload_template(account: Account, bucket: str, template: dict[str, Any]) -> str:
    """Upload a template; returns its key."""
    return upload(account, bucket, "template", "json", json.dumps(template, separators=(",", ":")).encode())


def upload(account: Account, bucket: str, folder: str, ending: str, content: bytes) -> str:
    """Upload content that does not exist yet; returns its key."""
    s3, key = account.client("s3"), f"{folder}/{hashlib.sha256(content).hexdigest()}.{ending}"
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


def with_code(template: dict[str, Any], bucket: str, key: str) -> dict[str, Any]:
    """A copy of the template whose functions refer to the uploaded code."""
    resources = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if properties.get("CodeUri") == CODE:
            resource = {**resource, "Properties": {**properties, "CodeUri": {"Bucket": bucket, "Key": key}}}
        resources[name] = resource
    return {**template, "Resources": resources}


def url(account: Account, bucket: str, key: str) -> str:
    """The URL of a template for CloudFormation."""
    return f"{account.client('s3').meta.endpoint_url}/{bucket}/{key}"


def keep_only(account: Account, bucket: str, *keys: str) -> None:
    """Delete all other artifacts; they remain as old versions for a while."""
    s3 = account.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        others = [{"Key": found["Key"]} for found in page.get("Contents", []) if found["Key"] not in keys]
        if others:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": others, "Quiet": True})
