"""The tasks of all channels that have not ended, for administrators. Callers must be administrators."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict, cast

from chalicelib.domain.ids import parse_id
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, tasks
from chalicelib.models.base import now, read_many
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.tasks import Status, Task
from chalicelib.models.users import User
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.admin import AdminTaskList
from chalicelib.schemas.responses.administration import AdminTask, TaskWorker

LATE_AFTER = timedelta(hours=1)  # longer than any stage of a task: see `timeout` in infra/functions.yaml


class Numbered(TypedDict):
    """A task before it is read."""

    id: str


def listed(_: Identity, __: AdminTaskList) -> list[Numbered]:
    """Return the ids of tasks that have not ended, oldest first; at most `tasks.MAX_RUNNING`."""
    return [{"id": task_id} for task_id in tasks.not_ended()]


def fill(_: Identity, rows: list[Numbered]) -> list[AdminTask]:
    """Return the full tasks of these rows, without those that have ended meanwhile. Two reads per hundred tasks."""
    found = {task.id: task for task in read_many({Task: [row["id"] for row in rows]})[Task]}
    running = [found[row["id"]] for row in rows if row["id"] in found]
    running = [task for task in running if task.status not in tasks.FINISHED]
    known = read_many({Channel: [task.channel_id for task in running], User: [task.user_id for task in running]})
    of_tasks = {channel.id: channel for channel in known[Channel]}
    emails = {user.id: user.email for user in known[User]}
    return [_row(task, of_tasks.get(task.channel_id), emails.get(task.user_id)) for task in running]


def channel_of(_: Identity, task_id: str) -> str:
    """Return the name or id of the channel of a task. Raises NotFound."""
    task = existing(task_id)
    channel = channels.get(task.channel_id)
    return str(channel.name if channel and channel.name else task.channel_id)


def existing(task_id: str) -> Task:
    """A task, whether ended or not. Raises NotFound."""
    plain = parse_id(task_id)
    task = tasks.get(plain) if plain else None
    if task is None:
        raise NotFound(f"Task not found: {task_id[:60]!r}")
    return task


def _row(task: Task, channel: Channel | None, email: str | None) -> AdminTask:
    created = datetime.fromisoformat(task.created)
    worker, was_killed = _worker(task, channel)
    return {
        "task_id": task.id,
        "task_name": task.task_name,
        "channel_id": task.channel_id,
        "channel_name": channel.name if channel else None,
        "user_id": task.user_id,
        "user_email": email,
        "status": cast(Status, task.status),
        "progress": int(task.progress),
        "detail": task.detail,
        "created": moment(created),
        "seconds": max(0, int((now() - created).total_seconds())),
        "worker": worker,
        "late": _is_late(created, worker, was_killed),
    }


def is_late(task: Task, channel: Channel | None) -> bool:
    """Whether the worker of a task was killed, or none has taken it for an hour."""
    return _is_late(datetime.fromisoformat(task.created), *_worker(task, channel))


def _is_late(created: datetime, worker: TaskWorker | None, was_killed: bool) -> bool:
    return was_killed or (worker is None and now() - created > LATE_AFTER)


def _worker(task: Task, channel: Channel | None) -> tuple[TaskWorker | None, bool]:
    """The worker that holds the lease on a publish, and whether it was killed."""
    if channel is None or channel.publish_task_id != task.id:
        return None, False
    lease = PUBLISH_LEASE.of(channel)
    if not lease.holder:
        return None, False
    until = datetime.fromtimestamp(lease.until / PUBLISH_LEASE.per_second, UTC)
    was_killed = PUBLISH_LEASE.is_abandoned(lease)
    return {"until": moment(until), "killed": was_killed, "attempts": lease.attempts}, was_killed
