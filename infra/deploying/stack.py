"""One stack of CloudFormation: what it is, what is to change, and how that goes on."""

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
NEW = "REVIEW_IN_PROGRESS"  # a change set was made for it, nothing else
# A stack that never was, or that could not be deleted: nothing can be done with it but to delete it.
DEAD = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
STUCK = ("UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED")
KEPT = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")  # types of data
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


def describe(account: Account, name: str) -> dict[str, Any] | None:
    """A stack by its name or id, None where there is none. One that was deleted is found by its id only."""
    try:
        found: dict[str, Any] = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return found


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """What a stack says of itself, by name."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def parameters_of(account: Account, name: str) -> dict[str, str]:
    """The parameters that a stack has now; secret ones are masked."""
    parameters = (describe(account, name) or {}).get("Parameters", [])
    return {parameter["ParameterKey"]: parameter.get("ParameterValue", "") for parameter in parameters}


def logical_ids(account: Account, name: str) -> set[str]:
    """The resources that a stack has."""
    pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        resource["LogicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceStatus"] != "DELETE_COMPLETE"
    }


def processed_template(account: Account, name: str) -> dict[str, Any]:
    """The template that a stack was made of, without transforms."""
    cloudformation = account.client("cloudformation")
    found = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
    return template


def ready(account: Account, name: str, say: Say) -> dict[str, Any] | None:
    """The stack as it can be changed, None for one that is to be created: what goes on is waited for, a stack that
    never was is deleted.

    Raises DeployError where a person is needed.
    """
    found = describe(account, name)
    if found and found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] != NEW:
        say(f"{name} is being changed already; waiting.")
        found = wait(account, found["StackId"], "", lambda _: None)
    if found is None or found["StackStatus"] in (NEW, "DELETE_COMPLETE"):
        return None
    if found["StackStatus"] in STUCK:
        raise DeployError(
            f"{name} could not be rolled back: look at its events, mend what they name, and run `aws cloudformation "
            f"continue-update-rollback --stack-name {name} --region {account.region}`."
        )
    if found["StackStatus"] in DEAD:
        say(f"{name} was never finished ({found['StackStatus']}); deleting it to begin anew.")
        delete(account, found, say)
        return None
    return found


def delete(account: Account, stack: dict[str, Any], say: Say) -> None:
    """Delete a stack and wait for it. What its template retains stays.

    Raises DeployError, with the first reason, where something cannot be deleted.
    """
    cloudformation, stack_id = account.client("cloudformation"), stack["StackId"]
    before = events.latest(account, stack_id)
    cloudformation.delete_stack(StackName=stack_id)
    ended = wait(account, stack_id, before, say)
    if ended and ended["StackStatus"] != "DELETE_COMPLETE":
        raise DeployError(f"{stack['StackName']} was not deleted: {events.reasons(account, stack_id, before, say)}")


# ---- changes ----


def propose(account: Account, name: str, kind: str, template_url: str, **more: Any) -> dict[str, Any] | None:
    """A change set (`kind`: CREATE, UPDATE or IMPORT) with all its `Changes`, None where nothing would change.

    Raises DeployError where CloudFormation cannot make it.
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
    """Remove a change set, with the empty stack that it was made with."""
    cloudformation = account.client("cloudformation")
    cloudformation.delete_change_set(ChangeSetName=change_id)
    found = describe(account, name) if kind != "UPDATE" else None
    if found and found["StackStatus"] == NEW:
        cloudformation.delete_stack(StackName=found["StackId"])


def losses(changes: Iterable[dict[str, Any]]) -> list[str]:
    """Tables and buckets that a change set would replace or take out of the stack."""
    parts = (change["ResourceChange"] for change in changes)
    return [
        part["LogicalResourceId"]
        for part in parts
        if part["ResourceType"] in KEPT and (part["Action"] == "Remove" or part.get("Replacement") == "True")
    ]


def execute(account: Account, change_set: dict[str, Any], say: Say) -> dict[str, Any]:
    """Do what a change set says and wait; the stack as it is then.

    Raises DeployError, with the first reason, where it failed and was rolled back.
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
    """Tell what happens after an event until the stack itself has come to an end; it is as it is then, None where it
    is gone. Its status alone would not do: right after a call it is still that of before."""
    has_ended = False
    while True:
        found = describe(account, stack_id)
        for event in events.after(account, stack_id, event_id):
            event_id = event["EventId"]
            has_ended |= events.is_end(event)
            line = events.told(event)
            if line:
                say(line)
        if found is None or (has_ended and not found["StackStatus"].endswith("_IN_PROGRESS")):
            return found
        time.sleep(POLL)
