"""Moving dead letters back, and ending tasks that are late. Callers of the requests must be administrators.

The maintenance worker does both: so the function that serves the internet needs no right to read or delete messages.
"""

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, tasks
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.administration import running_tasks
from chalicelib.operations.publishing import publish_failure
from chalicelib.telemetry import Audited, audit

MAX_MOVED = 1000  # dead letters per request
ENDED = "An administrator ended this task, as no worker was processing it. Try again, or report the problem."


def request_redrive(_: Identity, name: str) -> None:
    """Let the dead letters of a queue be moved back. Raises NotFound for an unknown queue."""
    require_queue(name)
    queues.send_maintenance(jobs.REDRIVE.message(queue=name))
    audit(Audited.REDRIVE_REQUESTED, name)


def require_queue(name: str) -> None:
    """Raises NotFound for an unknown queue."""
    if name not in queues.urls():
        raise NotFound(f"Queue not found: {name[:60]!r}")


def redrive(queue: str) -> None:
    """Move up to MAX_MOVED dead letters of a queue back. Safe to repeat: messages may come twice."""
    queues.move_dead_letters(queues.urls()[queue], MAX_MOVED)


def request_end(_: Identity, task_id: str) -> None:
    """Let a task that is late be ended. Raises NotFound, and Conflict if it has ended or is not late."""
    task = running_tasks.existing(task_id)
    if task.status in tasks.FINISHED:
        raise Conflict("This task has ended.")
    if not _may_end(task, channels.get(task.channel_id)):
        raise Conflict("This task is not late: it waits for its turn, or a worker is processing it. Let it end.")
    queues.send_maintenance(jobs.END_TASK.message(task_id=task.id))
    audit(Audited.TASK_END_REQUESTED, task.channel_id, task=task.id)


def end_late(task_id: str) -> None:
    """End a task if it is still late. Idempotent. Raises Busy if a worker takes it at this moment."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or task.status in tasks.FINISHED or not _may_end(task, channel):
        return
    if channel and channel.publish_task_id == task_id:
        publish_failure.give_up(task_id, ENDED)
    else:
        tasks.finish(task, tasks.FAILURE, ENDED)


def _may_end(task: Task, channel: Channel | None) -> bool:
    """Whether a task is late, and is not one that begins when the channel's present publish ends."""
    following = (channel.publish_again or {}).values() if channel else ()
    return running_tasks.is_late(task, channel) and all(one.get("task_id") != task.id for one in following)
