"""Requests that wait while a publish or draft of a channel runs: at most one per task name, in order of arrival.

`Channel.publish_again` maps each task name to {"task_id", "user_id", and the task's arguments}.
"""

from typing import Any

from chalicelib.models import tasks
from chalicelib.models.base import Condition, Transaction, transact
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task


def task_of(channel_id: str, name: str, request: dict[str, Any]) -> Task:
    """Return the task of a pending request, not yet saved."""
    arguments = {key: value for key, value in request.items() if key not in ("task_id", "user_id")}
    return tasks.new(request["task_id"], name, channel_id, request["user_id"], **arguments)


def store(channel: Channel, name: str, request: dict[str, Any], with_task: bool) -> bool:
    """Store a pending request, replacing an earlier one of the same task name; `with_task` also saves its task, so that
    clients can poll it. Returns False if the running task or the pending requests have changed since the channel was
    read."""
    pending = {**(channel.publish_again or {}), name: request}
    unchanged = (Channel.publish_task_id == channel.publish_task_id) & as_read(channel)

    def fill(transaction: Transaction) -> None:
        if with_task:
            transaction.save(task_of(channel.id, name, request))
        transaction.update(Channel(channel.id), [Channel.publish_again.set(pending)], condition=unchanged)

    return not transact(fill)


def as_read(channel: Channel) -> Condition:
    """The condition that the pending requests have not changed since the channel was read."""
    pending = Channel.publish_again
    condition: Condition = pending == channel.publish_again if channel.publish_again else pending.does_not_exist()
    return condition


def first(channel: Channel) -> tuple[Task | None, dict[str, dict[str, object]]]:
    """Return the task of the first pending request, or None, and the remaining requests."""
    pending = dict(channel.publish_again or {})
    name = next(iter(pending), None)
    if name is None:
        return None, {}
    return task_of(channel.id, name, pending.pop(name)), pending
