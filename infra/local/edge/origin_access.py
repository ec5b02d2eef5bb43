"""Reads the bucket as CloudFront does (origin access control): signed, with CloudFront's permissions.

The bucket's policy grants permissions to CloudFront as a service. ministack does not support that, so an IAM user gets
just those permissions and signs for the local gateway.
"""

import json
from collections.abc import Callable
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.resources import LOCAL_REGION

USER = "cloudfront"
SERVICE = "cloudfront.amazonaws.com"
Sign = Callable[[str, str], list[tuple[bytes, bytes]]]


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """The permissions of CloudFront in a bucket's policy, as statements of a user's policy."""
    return [
        {"Effect": "Allow", "Action": statement["Action"], "Resource": statement["Resource"]}
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": SERVICE}
    ]


def create_user(iam: Any, s3: Any, bucket: str) -> str:
    """Create the user; returns `<access key id>:<secret>`."""
    allowed = statements(json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]))
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.create_user(UserName=USER)
    iam.put_user_policy(UserName=USER, PolicyName="bucket", PolicyDocument=document)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    return f"{key['AccessKeyId']}:{key['SecretAccessKey']}"


def signer(endpoint: str, key: str) -> Sign:
    """A function that signs requests without a body as the user: method and path to headers."""
    auth = S3SigV4Auth(Credentials(*key.split(":", 1)), "s3", LOCAL_REGION)

    def sign(method: str, path: str) -> list[tuple[bytes, bytes]]:
        request = AWSRequest(method=method, url=endpoint + path)
        auth.add_auth(request)
        return [(name.encode(), value.encode()) for name, value in request.headers.items()]

    return sign
