"""The events of a stack as short lines, and the cause of a failure."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from infra.deploying.account import Account

Say = Callable[[str], None]
say_now: Say = partial(print, flush=True)
SLOW = ("AWS::CloudFront::Distribution",)
_CONSEQUENCES = ("cancelled", "Cancelled", "The following resource(s) failed")


def latest(account: Account, stack_id: str) -> str:
    """The id of the newest event of a stack; empty if there is none."""
    events = account.client("cloudformation").describe_stack_events(StackName=stack_id)["StackEvents"]
    return str(events[0]["EventId"]) if events else ""


def after(account: Account, stack_id: str, event_id: str) -> list[dict[str, Any]]:
    """The events of a stack after the given one, oldest first."""
    pages = account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    found = []
    for event in (event for page in pages for event in page["StackEvents"]):
        if event["EventId"] == event_id:
            break
        found.append(event)
    return found[::-1]


def line(event: dict[str, Any]) -> str:
    """An event as a line; empty for events of little interest: starts, except of slow resources."""
    name, status = event["LogicalResourceId"], event["ResourceStatus"]
    if _is_of_stack(event):
        return ""
    if status.endswith("_IN_PROGRESS"):
        is_first = event["ResourceType"] in SLOW and not event.get("ResourceStatusReason")
        return f"  {name}: {_words(status)}; this takes some minutes" if is_first else ""
    return f"  {name}: {_words(status)}" + (f" - {_reason(event)}" if status.endswith("FAILED") else "")


def is_end(event: dict[str, Any]) -> bool:
    """Whether the event ends the operation on the stack, successfully or not."""
    return _is_of_stack(event) and not event["ResourceStatus"].endswith("_IN_PROGRESS")


def _is_of_stack(event: dict[str, Any]) -> bool:
    return bool(event.get("PhysicalResourceId") == event["StackId"])


def reasons(account: Account, stack_id: str, event_id: str, say: Say) -> str:
    """The first cause of a failure; all others are passed to `say`, oldest first."""
    found = list(failures(after(account, stack_id, event_id)))
    for event in found[1:]:
        say(f"  {event['LogicalResourceId']}: {_reason(event)}")
    if not found:
        return "CloudFormation gives no reason; see the events of the stack."
    return f"{found[0]['LogicalResourceId']} ({found[0]['ResourceType']}): {_reason(found[0])}"


def failures(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The events that are causes, without operations that were cancelled because of another failure."""
    for event in events:
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and not any(words in reason for words in _CONSEQUENCES):
            yield event


def _reason(event: dict[str, Any]) -> str:
    return " ".join(str(event.get("ResourceStatusReason", "no reason given")).split())


def _words(status: str) -> str:
    return status.lower().replace("_", " ")
