"""What happens to a stack, in short lines, and why it failed."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from infra.deploying.account import Account

Say = Callable[[str], None]
say_now: Say = partial(print, flush=True)
SLOW = ("AWS::CloudFront::Distribution",)
_CONSEQUENCES = ("cancelled", "Cancelled", "The following resource(s) failed")


def latest(account: Account, stack_id: str) -> str:
    """The newest event of a stack, by its id; empty where there is none."""
    events = account.client("cloudformation").describe_stack_events(StackName=stack_id)["StackEvents"]
    return str(events[0]["EventId"]) if events else ""


def after(account: Account, stack_id: str, event_id: str) -> list[dict[str, Any]]:
    """What happened to a stack after an event, oldest first."""
    pages = account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    found = []
    for event in (event for page in pages for event in page["StackEvents"]):
        if event["EventId"] == event_id:
            break
        found.append(event)
    return found[::-1]


def told(event: dict[str, Any]) -> str:
    """An event as a line, empty for one that says little: what begins, but for what takes long."""
    name, status = event["LogicalResourceId"], event["ResourceStatus"]
    if _is_of_stack(event):
        return ""
    if status.endswith("_IN_PROGRESS"):
        is_first = event["ResourceType"] in SLOW and not event.get("ResourceStatusReason")
        return f"  {name}: {_words(status)}; this takes some minutes" if is_first else ""
    return f"  {name}: {_words(status)}" + (f" - {_reason(event)}" if status.endswith("FAILED") else "")


def is_end(event: dict[str, Any]) -> bool:
    """Whether it is the stack itself that has come to an end, good or bad."""
    return _is_of_stack(event) and not event["ResourceStatus"].endswith("_IN_PROGRESS")


def _is_of_stack(event: dict[str, Any]) -> bool:
    return bool(event.get("PhysicalResourceId") == event["StackId"])


def reasons(account: Account, stack_id: str, event_id: str, say: Say) -> str:
    """Why it failed, the first cause; all others are said, oldest first."""
    found = list(failures(after(account, stack_id, event_id)))
    for event in found[1:]:
        say(f"  {event['LogicalResourceId']}: {_reason(event)}")
    if not found:
        return "CloudFormation gives no reason; look at the events of the stack."
    return f"{found[0]['LogicalResourceId']} ({found[0]['ResourceType']}): {_reason(found[0])}"


def failures(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those of the events that are causes: not what was broken off because of another one."""
    for event in events:
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and not any(words in reason for words in _CONSEQUENCES):
            yield event


def _reason(event: dict[str, Any]) -> str:
    return " ".join(str(event.get("ResourceStatusReason", "no reason given")).split())


def _words(status: str) -> str:
    return status.lower().replace("_", " ")
