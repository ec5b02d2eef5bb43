"""A small package as `infra.package` builds it: some tables, bucket and queues of the template, and one function."""

import json
import zipfile
from pathlib import Path
from typing import Any

from infra import cfn, resources

PARAMETERS = {"Prefix": "studio-dev-", "DeletionProtection": "false"}
TABLES = ("UsersTable", "EmailAddressesTable", "CountersTable", "TokensTable", "SessionsTable")  # few, to save time
OTHERS = (
    *("ContentBucket", "UploadsQueue", "UploadsDeadLetters", "UploadsQueuePolicy"),
    *("PublishQueue", "PublishDeadLetters", "FailedQueue", "FailedDeadLetters"),
)


def write(folder: Path, code: str = "1", **more: Any) -> Path:
    """Write a build; `more` are additional resources, None removes one."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "deployment.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), f"def api(event, context):\n    return {code}\n")
    (folder / "template.json").write_text(json.dumps(template(**more)))
    (folder / "parameters.json").write_text(json.dumps(PARAMETERS))
    return folder


def template(**more: Any) -> dict[str, Any]:
    """The template, before CodeUri refers to uploaded code."""
    whole = cfn.read(resources.TEMPLATE)
    own = {name: whole["Resources"][name] for name in (*TABLES, *OTHERS)}
    own |= {"Role": _role(), "APIHandler": _function(), **more}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {**whole["Parameters"], "FrontKey": {"Type": "String", "NoEcho": True, "Default": ""}},
        "Resources": {name: resource for name, resource in own.items() if resource},
        "Outputs": {"Url": {"Value": "https://studio.example.org"}, "Bucket": {"Value": {"Ref": "ContentBucket"}}},
    }


def table(name: str, key: str = "id") -> dict[str, Any]:
    """A table that is retained when its stack is deleted."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": {"Fn::Sub": f"${{Prefix}}{name}"},
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        },
    }


def _role() -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}


def _function() -> dict[str, Any]:
    """A function with the application's environment."""
    queues = {f"{name.upper()}_QUEUE_URL": {"Ref": "PublishQueue"} for name in resources.QUEUES}
    variables = {"TABLE_PREFIX": {"Ref": "Prefix"}, "BUCKET": {"Ref": "ContentBucket"}, "PUBLIC_URL": "https://a.org"}
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "FunctionName": {"Fn::Sub": "${Prefix}api"},
            "CodeUri": "./deployment.zip",
            "Handler": "app.api",
            "Runtime": "python3.11",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Environment": {"Variables": {**variables, **queues, "FRONT_KEY": {"Ref": "FrontKey"}}},
        },
    }
