"""A CloudFormation stack: its state, change sets, and their execution."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.deploying import events
from infra.deploying.account import Account
from infra.deploying.events import Say
from infra.deploying.problems import DeployError, code_of

POLL = 3.0  # seconds
CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
NEW = "REVIEW_IN_PROGRESS"  # has a change set, but was never created
# A stack that failed to be created or deleted can only be deleted.
DEAD = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
STUCK = ("UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED")
DATA_TYPES = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")  # types of data
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


def describe(account: Account, name: str) -> dict[str, Any] | None:
    """A stack by its name or id, None if there is none. A deleted stack is found by its id only."""
    try:
        found: dict[str, Any] = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return found


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """The outputs of a stack by name."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def parameters_of(account: Account, name: str) -> dict[str, str]:
    """The current parameters of a stack; secrets are masked."""
    parameters = (describe(account, name) or {}).get("Parameters", [])
    return {parameter["ParameterKey"]: parameter.get("ParameterValue", "") for parameter in parameters}


def logical_ids(account: Account, name: str) -> set[str]:
    """The logical ids of a stack's resources."""
    pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        resource["LogicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceStatus"] != "DELETE_COMPLETE"
    }


def processed_template(account: Account, name: str) -> dict[str, Any]:
    """The template of a stack, after transforms."""
    cloudformation = account.client("cloudformation")
    found = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
    return template


def ready(account: Account, name: str, say: Say) -> dict[str, Any] | None:
    """The stack in a state that can be changed, None if it has to be created. Waits for changes in progress, and
    deletes a stack that failed to be created.

    Raises DeployError if an operator has to act.
    """
    found = describe(account, name)
    if found and found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] != NEW:
        say(f"Waiting for another change of {name}.")
        found = wait(account, found["StackId"], "", lambda _: None)
    if found is None or found["StackStatus"] in (NEW, "DELETE_COMPLETE"):
        return None
    if found["StackStatus"] in STUCK:
        raise DeployError(
            f"{name} could not be rolled back: see its events, fix the cause, and run `aws cloudformation "
            f"continue-update-rollback --stack-name {name} --region {account.region}`."
        )
    if found["StackStatus"] in DEAD:
        say(f"Deleting {name}, which failed to be created or deleted ({found['StackStatus']}).")
        delete(account, found, say)
        return None
    return found


def delete(account: Account, stack: dict[str, Any], say: Say) -> None:
    """Delete a stack, except for retained resources, and wait for the end.

    Raises DeployError, with the first reason, if something cannot be deleted.
    """
    cloudformation, stack_id = account.client("cloudformation"), stack["StackId"]
    before = events.latest(account, stack_id)
    cloudformation.delete_stack(StackName=stack_id)
    ended = wait(account, stack_id, before, say)
    if ended and ended["StackStatus"] != "DELETE_COMPLETE":
        raise DeployError(f"{stack['StackName']} was not deleted: {events.reasons(account, stack_id, before, say)}")


# ---- changes ----


def propose(account: Account, name: str, kind: str, template_url: str, **more: Any) -> dict[str, Any] | None:
    """Create a change set (`kind`: CREATE, UPDATE or IMPORT); returns it with all `Changes`, or None if there are none.

    Raises DeployError if CloudFormation cannot create it.
    """
    cloudformation = account.client("cloudformation")
    change_id = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"{kind.lower()}-{datetime.now(UTC):%Y%m%d%H%M%S%f}",
        ChangeSetType=kind,
        TemplateURL=template_url,
        Capabilities=CAPABILITIES,
        **more,
    )["Id"]
    while True:
        found: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=change_id)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        time.sleep(POLL)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "no reason given").rstrip(".")
        discard(account, name, kind, change_id)
        if any(words in reason for words in _NO_CHANGES):
            return None
        raise DeployError(f"CloudFormation cannot change {name}: {reason}.")
    found["Changes"] += _further_changes(cloudformation, change_id, found.get("NextToken"))
    return found


def _further_changes(cloudformation: Any, change_id: str, token: str | None) -> list[Any]:
    changes = []
    while token:
        page = cloudformation.describe_change_set(ChangeSetName=change_id, NextToken=token)
        changes += page["Changes"]
        token = page.get("NextToken")
    return changes


def discard(account: Account, name: str, kind: str, change_id: str) -> None:
    """Delete a change set, and the empty stack that was created with it."""
    cloudformation = account.client("cloudformation")
    cloudformation.delete_change_set(ChangeSetName=change_id)
    found = describe(account, name) if kind != "UPDATE" else None
    if found and found["StackStatus"] == NEW:
        cloudformation.delete_stack(StackName=found["StackId"])


RETIRED = ("SignInTriesTable",)  # tables of earlier versions that hold nothing worth retaining


def losses(changes: Iterable[dict[str, Any]]) -> list[str]:
    """Tables and buckets that a change set would replace or remove from the stack."""
    parts = (change["ResourceChange"] for change in changes)
    return [
        part["LogicalResourceId"]
        for part in parts
        if part["ResourceType"] in DATA_TYPES
        and part["LogicalResourceId"] not in RETIRED
        and (part["Action"] == "Remove" or part.get("Replacement") == "True")
    ]


def execute(account: Account, change_set: dict[str, Any], say: Say) -> dict[str, Any]:
    """Execute a change set and wait; returns the stack afterwards.

    Raises DeployError, with the first reason, if it failed and was rolled back.
    """
    stack_id, name = change_set["StackId"], change_set["StackName"]
    before = events.latest(account, stack_id)
    account.client("cloudformation").execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    ended = wait(account, stack_id, before, say)
    if ended is None or ended["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        status = ended["StackStatus"] if ended else "gone"
        raise DeployError(f"{name} was not deployed ({status}): {events.reasons(account, stack_id, before, say)}")
    return ended


def wait(account: Account, stack_id: str, event_id: str, say: Say) -> dict[str, Any] | None:
    """Report events after the given one until the operation on the stack has ended; returns the stack, None if it is
    gone. The status alone would not do: right after a call it is still the previous one."""
    has_ended = False
    while True:
        found = describe(account, stack_id)
        for event in events.after(account, stack_id, event_id):
            event_id = event["EventId"]
            has_ended |= events.is_end(event)
            line = events.line(event)
            if line:
                say(line)
        if found is None or (has_ended and not found["StackStatus"].endswith("_IN_PROGRESS")):
            return found
        time.sleep(POLL)
