"""Background tasks, visible to the users who started them and to members of their channels."""

from typing import cast

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Forbidden, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import tasks
from chalicelib.models.tasks import Status, Task
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import viewable
from chalicelib.operations.access.policy import Role
from chalicelib.schemas.channel import OfChannel
from chalicelib.schemas.responses.task import ListedTask
from chalicelib.schemas.responses.task import Task as TaskOut

# Visible also to users who may view the channel only because it is public. (Differences are visible to members only.)
_FOR_PUBLIC = frozenset({tasks.DETAILS})


def listed(user: Identity, query: OfChannel) -> list[ListedTask]:
    """Return the latest tasks of a channel to its members, newest first.

    Raises NotFound, or Forbidden if the caller may view the channel only because it is public.
    """
    channel, rights = viewable(user, query.channel)
    if not policy.is_member(rights.role):
        raise Forbidden("Only members of a channel can see its tasks. Ask an editor to invite you.")
    return [_fields(task) for task in tasks.of_channel(channel.id)]


def one(user: Identity, task_id: str) -> TaskOut:
    """Return a task with its result; the result is null for users who may not see it. Reads its channel once, unless
    the caller owns the task.

    Raises NotFound, also if the caller may not see the task.
    """
    plain = parse_id(task_id)
    task = tasks.get(plain) if plain else None
    if task is None:
        raise NotFound(f"Task not found: {task_id[:60]!r}")
    role = None if policy.owns(user, task.user_id) else _role(user, task)
    if not policy.may_view_task(user, task.user_id, role, task.task_name in _FOR_PUBLIC):
        raise _unknown(task)
    return fields(user, task, role)


def fields(user: Identity, task: Task, role: Role | None) -> TaskOut:
    """Return a task for a user with this role in its channel."""
    return {**_fields(task), "result": task.result if policy.may_view_result(user, task.user_id, role) else None}


def _role(user: Identity, task: Task) -> Role | None:
    try:
        return viewable(user, task.channel_id)[1].role
    except NotFound as error:
        raise _unknown(task) from error


def _unknown(task: Task) -> NotFound:
    return NotFound(f"Task not found: {task.id!r}")


def _fields(task: Task) -> ListedTask:
    is_lost, left = tasks.is_lost(task), tasks.seconds_left(task)
    shown: ListedTask = {
        "task_id": task.id,
        "task_name": task.task_name,
        "channel_id": task.channel_id,
        "progress": int(task.progress),
        "status": tasks.FAILURE if is_lost else cast(Status, task.status),
        "detail": tasks.LOST if is_lost else task.detail,
    }
    if left is not None:
        shown["seconds_left"] = left
    return shown
