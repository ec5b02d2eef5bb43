"""The permissions that IAM requires for a call: an operation and its arguments as actions on resources.

Source: AWS's list of actions for each service ("Actions, resources, and condition keys").
"""

from collections.abc import Iterator
from typing import Any

from infra.rights import BUCKET, SECTIONS, Condition
from tests.conftest import PREFIX

Need = tuple[str, str, Condition | None]  # action, resource as in `rights`, condition

IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
OBJECTS = {
    "HeadObject": "GetObject",
    "GetObject": "GetObject",
    "PutObject": "PutObject",
    "DeleteObject": "DeleteObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
}
QUEUES = {
    "SendMessage": "SendMessage",
    "SendMessageBatch": "SendMessage",
    "GetQueueAttributes": "GetQueueAttributes",
    "ChangeMessageVisibility": "ChangeMessageVisibility",
    "ReceiveMessage": "ReceiveMessage",
    "DeleteMessage": "DeleteMessage",
}


def needed(service: str, operation: str, arguments: dict[str, Any]) -> Iterator[Need]:
    """The permissions that a call needs.

    Raises KeyError for an unknown operation: add it here.
    """
    return _SERVICES[service](operation, arguments)


def needed_if_missing(_service: str, _operation: str, arguments: dict[str, Any]) -> Iterator[Need]:
    """The permission without which S3 responds 403 instead of 404 for a missing object. The key is then evaluated as a
    prefix (https://github.com/ceph/ceph/pull/68577)."""
    yield "s3:ListBucket", BUCKET, ("s3:prefix", arguments.get("CopySource", arguments)["Key"])


def _of_tables(operation: str, arguments: dict[str, Any]) -> Iterator[Need]:
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in arguments["TransactItems"]:
            for kind, action in item.items():
                yield f"dynamodb:{IN_TRANSACTIONS[kind]}", _table(action["TableName"]), None
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for name in arguments["RequestItems"]:
            yield f"dynamodb:{operation}", _table(name), None
    else:  # the operation is the action
        index = f"/index/{arguments['IndexName']}" if "IndexName" in arguments else ""
        yield f"dynamodb:{operation}", _table(arguments["TableName"]) + index, None


def _of_objects(operation: str, arguments: dict[str, Any]) -> Iterator[Need]:
    """Reading an old version of an object needs a permission of its own; for all else it is a KeyError."""
    source = arguments.get("CopySource", {})
    if "VersionId" in arguments and operation != "HeadObject":
        raise KeyError("VersionId")
    if operation == "ListObjectVersions":
        yield "s3:ListBucketVersions", BUCKET, ("s3:prefix", arguments["Prefix"])
    elif "VersionId" in arguments:
        yield "s3:GetObjectVersion", _object(arguments["Key"]), None
    elif "VersionId" in source:
        yield "s3:GetObjectVersion", _object(source["Key"]), None
        yield "s3:PutObject", _object(arguments["Key"]), None
    elif operation == "ListObjectsV2":
        yield "s3:ListBucket", BUCKET, ("s3:prefix", arguments["Prefix"])
    elif operation in ("CopyObject", "UploadPartCopy"):
        yield "s3:GetObject", _object(arguments["CopySource"]["Key"]), None
        yield "s3:PutObject", _object(arguments["Key"]), None
    else:
        yield f"s3:{OBJECTS[operation]}", _object(arguments["Key"]), None


def _of_queues(operation: str, arguments: dict[str, Any]) -> Iterator[Need]:
    name = arguments["QueueUrl"].rpartition("/")[2].removeprefix(PREFIX)
    yield f"sqs:{QUEUES[operation]}", SECTIONS["queues"][1] + name, None


def _of_mail(operation: str, arguments: dict[str, Any]) -> Iterator[Need]:
    from chalicelib.aws import mail

    settings = vars(mail)["settings"]  # tests may have replaced them
    sender = arguments["FromEmailAddress"]
    address = "${MailFrom}" if sender == settings().mail_from else sender
    yield f"ses:{operation}", SECTIONS["senders"][1] + sender, ("ses:FromAddress", address)


def _table(name: str) -> str:
    return SECTIONS["tables"][1] + name.removeprefix(PREFIX)


def _object(key: str) -> str:
    return SECTIONS["objects"][1] + key


_SERVICES = {"dynamodb": _of_tables, "s3": _of_objects, "sqs": _of_queues, "sesv2": _of_mail}
