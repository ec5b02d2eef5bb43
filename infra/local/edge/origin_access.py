"""Reads of the bucket as CloudFront makes them (origin access control): signed, with CloudFront's own rights.

CloudFront may do what the bucket's policy lets it do. ministack knows no requests of CloudFront to S3, so a user of
IAM gets just those rights, and signs for the local front.
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
    """What a bucket's policy allows CloudFront, as statements of a user's policy."""
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
    """Gives the headers by which a request without a body, of this method and path, is the user's."""
    auth = S3SigV4Auth(Credentials(*key.split(":", 1)), "s3", LOCAL_REGION)

    def sign(method: str, path: str) -> list[tuple[bytes, bytes]]:
        request = AWSRequest(method=method, url=endpoint + path)
        auth.add_auth(request)
        return [(name.encode(), value.encode()) for name, value in request.headers.items()]

    return sign
