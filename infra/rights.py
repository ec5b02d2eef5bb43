"""The permissions of each function in AWS, read from `rights.yaml`: as IAM policies, and as a query.

Resources are ARNs as CloudFormation's `Sub` takes them, with `${Prefix}` and the like. The tests check every call
against them (tests/support/aws/rights_check.py), so that a policy allows exactly what its function needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from infra import cfn

FILE = Path(__file__).with_name("rights.yaml")
_REGIONAL = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:%s"
BUCKET = "arn:${AWS::Partition}:s3:::${Prefix}content-${AWS::AccountId}"
# For each section of the file: IAM's name of the service, and the prefix of the ARNs of its resources.
SECTIONS = {
    "tables": ("dynamodb", _REGIONAL % ("dynamodb", "table/${Prefix}")),
    "objects": ("s3", f"{BUCKET}/"),
    "queues": ("sqs", _REGIONAL % ("sqs", "${Prefix}")),
    "senders": ("ses", _REGIONAL % ("ses", "identity/")),
    "logs": ("logs", _REGIONAL % ("logs", "log-group:/aws/lambda/${Prefix}")),
    "traces": ("xray", ""),
}
# How policies compare a condition key of a request.
COMPARISONS = {"s3:prefix": "StringLike", "ses:FromAddress": "StringEquals"}

Condition = tuple[str, str]  # key of a request's context, pattern of its value


@dataclass(frozen=True, eq=False)
class Right:
    """One action on what one pattern names; `*` in it stands for any text."""

    function: str
    action: str
    resource: str
    condition: Condition | None = None
    by_lambda: bool = False  # used by the Lambda service, not by the function's code

    @cached_property
    def name(self) -> str:
        """The right in one line."""
        on = f" where {'='.join(self.condition)}" if self.condition else ""
        return f"{self.function}: {self.action} on {self.resource}{on}"


@cache
def rights() -> dict[str, tuple[Right, ...]]:
    """All rights, by function."""
    read = cfn.read(FILE)
    of_all, of_workers = read["lambda"]["all"], read["lambda"]["workers"]
    return {
        function: (
            *_rights(function, sections),
            *_rights(function, of_all, by_lambda=True),
            *(() if function == "api" else _rights(function, of_workers, by_lambda=True)),
        )
        for function, sections in read["functions"].items()
    }


def _rights(function: str, sections: dict[str, dict[str, list[str]]], by_lambda: bool = False) -> Iterator[Right]:
    for section, resources in sections.items():
        service, start = SECTIONS[section]
        for name, actions in resources.items():
            for action in actions:
                named = start + name.replace("{function}", function)
                yield Right(function, f"{service}:{action}", *_conditional(action, named), by_lambda)


def _conditional(action: str, resource: str) -> tuple[str, Condition | None]:
    """The resource and condition of a right: those to list are rights to the bucket, for keys with that prefix."""
    if action in ("ListBucket", "ListBucketVersions"):
        return BUCKET, ("s3:prefix", resource.removeprefix(f"{BUCKET}/"))
    if action == "SendEmail":
        return resource, ("ses:FromAddress", "${MailFrom}")
    return resource, None


@lru_cache(maxsize=10_000)
def right_for(function: str, action: str, arn: str, condition: Condition | None = None) -> Right | None:
    """The right that allows an action, None if there is none. `condition`: the request's condition key and value."""
    for right in rights()[function]:
        if right.action == action and fnmatchcase(arn, right.resource) and _holds(right.condition, condition):
            return right
    return None


def allows(function: str, action: str, arn: str, condition: Condition | None = None) -> bool:
    """Whether a function has this permission; see `right_for`."""
    return right_for(function, action, arn, condition) is not None


def _holds(wanted: Condition | None, said: Condition | None) -> bool:
    if wanted is None:
        return True
    return said is not None and said[0] == wanted[0] and fnmatchcase(said[1], wanted[1])


def policy(function: str) -> dict[str, Any]:
    """The function's IAM policy for CloudFormation. Resources with the same actions share a statement, as the size of
    policies is limited."""
    actions: dict[tuple[str, Condition | None], list[str]] = {}
    for right in rights()[function]:
        actions.setdefault((right.resource, right.condition), []).append(right.action)
    alike: dict[tuple[tuple[str, ...], str], list[tuple[str, Condition | None]]] = {}
    for on, names in actions.items():
        alike.setdefault((tuple(sorted(names)), on[1][0] if on[1] else ""), []).append(on)
    return {"Version": "2012-10-17", "Statement": [_statement(names, on) for (names, _), on in alike.items()]}


def _statement(actions: tuple[str, ...], on: list[tuple[str, Condition | None]]) -> dict[str, Any]:
    resources = dict.fromkeys(resource for resource, _ in on)
    on_what = list(map(_text, resources))
    # One resource is no list: that is two bytes less for each of many statements, as the size of policies is limited.
    resource = on_what if len(on_what) > 1 else on_what[0]
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    conditions = [condition for _, condition in on if condition]
    if conditions:
        key = conditions[0][0]
        statement["Condition"] = {COMPARISONS[key]: {key: [_text(value) for _, value in conditions]}}
    return statement


def _text(text: str) -> str | dict[str, str]:
    return {"Fn::Sub": text} if "${" in text else text
