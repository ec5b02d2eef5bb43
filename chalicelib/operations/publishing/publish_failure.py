"""The end of a publish or draft whose workers failed or were killed too often."""

from typing import Any

from chalicelib.aws import queues, storage
from chalicelib.domain.jobs import SINCE
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.models import channels, tasks
from chalicelib.models.base import Table
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.freezing import checkpoints
from chalicelib.operations.publishing import publish_lock
from chalicelib.operations.publishing.publish_lock import EXPORT, FAILED

MAX_ATTEMPTS = 5  # workers killed in one stage of a task; then the task fails
KILLED = (
    f"Publishing was stopped {MAX_ATTEMPTS} times before its end, as it took too long or needed too much memory. The "
    "previously published version is unchanged. Publish again with fewer or smaller files, or report the problem."
)


DELETED = "The channel was deleted meanwhile. Restore it, then publish again."


def refuse_deleted(task: Task, channel: Channel) -> None:
    """Fail a task under its lease, as its channel is deleted."""
    fail(task, channel, DELETED)


def is_killed_too_often(task: Task, channel: Channel) -> bool:
    """Whether as many workers of this stage were killed as are allowed, since the last checkpoint. The caller has just
    taken the lease."""
    point = checkpoints.of(task)
    return PUBLISH_LEASE.of(channel).attempts - (point["attempts"] if point else 0) >= MAX_ATTEMPTS


def give_up_or_continue(message: dict[str, Any], reason: str = FAILED) -> bool:
    """Fail a task whose message was received too often, unless its workers have come further since it was sent: then a
    new message is sent. Returns whether it was. May run repeatedly. Raises Busy if a worker is processing the task."""
    task_id: str = message["task_id"]
    task = tasks.get(task_id)
    point = checkpoints.of(task) if task and task.status not in tasks.FINISHED else None
    if point is None or point["number"] <= message.get(SINCE, 0):
        give_up(task_id, reason)
        return False
    queues.send_publish(task_id, point["number"])
    return True


def give_up(task_id: str, reason: str = FAILED) -> None:
    """Fail a task after too many attempts, unless it has ended. Raises Busy if a worker is processing it."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None or channel.publish_task_id != task_id:
        return
    publish_lock.take_lease(task, channel, str(channel.publish_stage))
    try:
        with publish_lock.kept_alive(task, channel):
            fail(task, channel, reason)
    except BaseException:
        publish_lock.release(task, channel)
        raise


def fail(task: Task, channel: Channel, reason: str = KILLED) -> None:
    """Fail a task under its lease, and restore what the export had begun to replace."""
    columns: dict[str, object] = {}
    deleted: list[Table] = []
    if channel.publish_stage == EXPORT:
        if task.task_name == tasks.PUBLISH:
            _restore_database(channel)
            columns, deleted = publish_lock.end_of_draft(channel)
        elif not channel.draft_token:
            storage.delete(database_key(channel.id, DRAFT))
    publish_lock.finish(task, channel, tasks.FAILURE, reason, columns, [], deleted=deleted)


def _restore_database(channel: Channel) -> None:
    """Restore the published database, which the export worker may have overwritten with the failed version."""
    newest = database_key(channel.id)
    if channel.version and not channel.deleted:
        storage.copy(database_key(channel.id, int(channel.version)), newest, storage.SQLITE, storage.NEWEST)
    else:
        storage.delete(newest)
