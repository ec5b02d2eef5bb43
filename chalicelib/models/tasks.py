"""Background tasks, as their callers see them.

| access pattern | key condition | used by |
| --- | --- | --- |
| a task by id | `id` | `GET /api/task/{id}`, workers |
| tasks of a channel, by time | index `channel-index`: `channel_id` | `GET /api/task` |
| tasks that have not ended, by time | index `running-index`: `running` = "task" | `GET /api/admin-tasks` |

TTL deletes tasks a month after they were created; reads leave out what has expired before that.
`running` is removed when a task ends, so that its index contains those that have not.
"""

import time
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.domain.storage.retention import TASKS
from chalicelib.models import retention
from chalicelib.models.base import Table, find, now, update_if

Status = Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]  # as it is stored and sent
PENDING: Final = "PENDING"
STARTED: Final = "STARTED"
SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"
FINISHED = (SUCCESS, FAILURE)
LOST_AFTER = timedelta(days=5)  # longer than the retention of messages in queues and the time of a function
LOST = "This task was lost and will not be processed. Request it again."
LISTED = 500  # per channel
MAX_RUNNING = 500  # in the administrators' list
RUNNING: Final = "task"

PUBLISH: Final = "export-channel"
DRAFT: Final = "export-channel-staging-tree"
DIFF: Final = "generate-node-diff"
DETAILS: Final = "calculate-node-details"
COPY: Final = "copy_nodes"
CHECK_UPLOAD: Final = "check-upload"  # of no channel, as EXPORT
TREE: Final = "get-tree-data"
EXPORT: Final = "export-user-data"  # of no channel: `channel_id` is the user's id


class ChannelIndex(GlobalSecondaryIndex["Task"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "channel-index"
        projection = AllProjection()

    channel_id = UnicodeAttribute(hash_key=True)
    created = UnicodeAttribute(range_key=True)


class RunningIndex(GlobalSecondaryIndex["Task"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "running-index"
        projection = KeysOnlyProjection()  # progress does not write to it

    running = UnicodeAttribute(hash_key=True)
    created = UnicodeAttribute(range_key=True)


class Task(Table):
    class Meta:
        table_name = "tasks"

    id = UnicodeAttribute(hash_key=True)
    task_name = UnicodeAttribute()
    channel_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    created = UnicodeAttribute()  # ISO 8601, UTC
    status = UnicodeAttribute(default=PENDING)
    progress = NumberAttribute(default=0)  # percent
    detail = UnicodeAttribute(default="")
    arguments = JSONAttribute(default=dict)
    result = JSONAttribute(null=True)
    expires = NumberAttribute()  # Unix time; TTL
    expected_end = NumberAttribute(null=True)  # Unix time, as its worker estimates; missing when it cannot
    running = UnicodeAttribute(null=True)  # RUNNING until it has ended; missing in older items
    channel_index = ChannelIndex()
    running_index = RunningIndex()


def new(task_id: str, name: str, channel_id: str, user_id: str, **arguments: Any) -> Task:
    """Build a pending task without saving it."""
    created = now()
    return Task(
        id=task_id,
        task_name=name,
        channel_id=channel_id,
        user_id=user_id,
        created=created.isoformat(),
        arguments=arguments,
        expires=int((created + retention.days(TASKS)).timestamp()),
        running=RUNNING,
    )


def get(task_id: str) -> Task | None:
    """A task by id, unless it has expired."""
    task = find(Task, task_id)
    return None if task is None or _has_expired(task) else task


def of_channel(channel_id: str, limit: int | None = None) -> list[Task]:
    """Up to `limit` (default: LISTED) tasks of a channel, newest first, from an index that may lag by a second."""
    found = Task.channel_index.query(channel_id, limit=limit or LISTED, scan_index_forward=False)
    return [task for task in found if not _has_expired(task)]


def not_ended() -> list[str]:
    """The ids of up to MAX_RUNNING tasks that have not ended, oldest first, from an index that may lag by a second."""
    return [task.id for task in Task.running_index.query(RUNNING, limit=MAX_RUNNING)]


def _has_expired(task: Task) -> bool:
    """Whether the time of a task is over, though TTL has not deleted it yet."""
    return int(task.expires) <= now().timestamp()


def is_lost(task: Task) -> bool:
    """Whether a task can have no message and no worker any more, although nothing has ended it."""
    return task.status not in FINISHED and now() - datetime.fromisoformat(task.created) > LOST_AFTER


def advance(task: Task, progress: int, detail: str, expected_end: int | None = None) -> None:
    """Update the progress of a running task, and the Unix time of its end, if it can be estimated. A finished task is
    left unchanged."""
    actions = [Task.status.set(STARTED), Task.progress.set(progress), Task.detail.set(detail)]
    actions += [Task.expected_end.remove() if expected_end is None else Task.expected_end.set(expected_end)]
    update_if(task, actions, _RUNNING)


def set_arguments(task: Task, arguments: dict[str, Any]) -> None:
    """Add arguments to a running task. It stays if it has finished, or has others than were read."""
    as_read = Task.arguments == task.arguments
    update_if(task, [Task.arguments.set({**task.arguments, **arguments})], _RUNNING & as_read)


def finish(task: Task, status: Status, detail: str, result: Any = None) -> None:
    """Finish a task with SUCCESS or FAILURE and a sentence for its caller. A finished task is left unchanged."""
    update_if(task, ending(status, detail, result), _RUNNING)


def ending(status: str, detail: str, result: Any = None) -> list[Any]:
    """The actions that finish a task."""
    whole = [Task.progress.set(100)] if status == SUCCESS else []
    removed = [Task.running.remove(), Task.expected_end.remove()]
    return [Task.status.set(status), Task.detail.set(detail), Task.result.set(result), *removed, *whole]


def seconds_left(task: Task) -> int | None:
    """The seconds until the estimated end of a running task, None if it is not known or has passed."""
    left = int(task.expected_end or 0) - int(time.time())
    return left if left > 0 and task.status == STARTED else None


def remove(task_id: str) -> None:
    """Delete a task. Idempotent."""
    Task(task_id).delete()


_RUNNING = Task.id.exists() & ~Task.status.is_in(*FINISHED)
