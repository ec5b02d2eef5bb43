"""The functions in the template: their settings (`functions.yaml`), environments, roles and log groups."""

from pathlib import Path
from typing import Any

from infra import cfn, rights

HERE = Path(__file__).parent


def read() -> dict[str, Any]:
    """Settings by name: `{"api": {"id", "memory", "timeout", "disk"}, …}`, and `concurrency` if it has a queue."""
    return cfn.read(HERE / "functions.yaml")


def environment(name: str) -> dict[str, Any]:
    """The environment variables of a function, in long forms."""
    found = cfn.read(HERE / "environment.yaml")
    return {**found["all"], **found.get(name, {})}


def resources() -> dict[str, Any]:
    """Functions, roles and log groups by logical id, to be merged into Chalice's definition of the functions."""
    parts: dict[str, Any] = {}
    for name, settings in read().items():
        parts[settings["id"]] = {"Properties": _properties(name, settings)}
        parts[f"{name.capitalize()}Role"] = _role(name)
        parts[f"{name.capitalize()}Logs"] = _logs(name)
    return parts


def _properties(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    title = name.capitalize()
    properties: dict[str, Any] = {
        "FunctionName": {"Fn::Sub": f"${{Prefix}}{name}"},
        "Role": {"Fn::GetAtt": [f"{title}Role", "Arn"]},
        "MemorySize": settings["memory"],
        "Timeout": settings["timeout"],
        "EphemeralStorage": {"Size": settings["disk"]},
        "Tracing": {"Ref": "XRay"},
        "LoggingConfig": {"LogGroup": {"Ref": f"{title}Logs"}},
        "Environment": {"Variables": environment(name)},
    }
    if "concurrency" in settings:
        # Work that waits for a lease sends its message again, more often than Lambda lets a function call itself.
        properties["RecursiveLoop"] = "Allow"
        properties["Events"] = {f"{title}SqsEventSource": {"Properties": _event(title, settings["concurrency"])}}
    return properties


def _event(title: str, concurrency: int) -> dict[str, Any]:
    """The queue is in a `Fn::Sub`, as Chalice writes it: merging would leave a `Fn::GetAtt` beside it."""
    return {
        "Queue": {"Fn::Sub": f"${{{title}Queue.Arn}}"},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": concurrency},
    }


def _role(name: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "own", "PolicyDocument": rights.policy(name)}],
        },
    }


def _logs(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{Prefix}}{name}"},
            "RetentionInDays": {"Ref": "LogDays"},
        },
    }
