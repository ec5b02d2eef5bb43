"""Background tasks, as their callers see them.

| access pattern | key condition | used by |
| --- | --- | --- |
| a task by id | `id` | `GET /api/task/{id}`, workers |
| tasks of a channel, by time | index `channel-index`: `channel_id` | `GET /api/task` |

TTL deletes tasks a month after they were created.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.models.base import Table, find, now, update_if

Status = Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]  # as it is stored and sent
PENDING: Final = "PENDING"
STARTED: Final = "STARTED"
SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"
FINISHED = (SUCCESS, FAILURE)
RETENTION = timedelta(days=30)
LOST_AFTER = timedelta(days=5)  # longer than the retention of messages in queues and the time of a function
LOST = "This task was lost and will not be processed. Request it again."
LISTED = 500  # per channel

PUBLISH: Final = "export-channel"
DRAFT: Final = "export-channel-staging-tree"
DIFF: Final = "generate-node-diff"
DETAILS: Final = "calculate-node-details"
COPY: Final = "copy_nodes"


class ChannelIndex(GlobalSecondaryIndex["Task"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "channel-index"
        projection = AllProjection()

    channel_id = UnicodeAttribute(hash_key=True)
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
    channel_index = ChannelIndex()


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
        expires=int((created + RETENTION).timestamp()),
    )


def get(task_id: str) -> Task | None:
    """A task by id."""
    return find(Task, task_id)


def of_channel(channel_id: str, limit: int | None = None) -> list[Task]:
    """Up to `limit` (default: LISTED) tasks of a channel, newest first, from an index that may lag by a second."""
    return list(Task.channel_index.query(channel_id, limit=limit or LISTED, scan_index_forward=False))


def is_lost(task: Task) -> bool:
    """Whether a task can have no message and no worker any more, although nothing has ended it."""
    return task.status not in FINISHED and now() - datetime.fromisoformat(task.created) > LOST_AFTER


def advance(task: Task, progress: int, detail: str) -> None:
    """Update the progress of a running task. A finished task is left unchanged."""
    actions = [Task.status.set(STARTED), Task.progress.set(progress), Task.detail.set(detail)]
    update_if(task, actions, _RUNNING)


def set_arguments(task: Task, arguments: dict[str, Any]) -> None:
    """Add arguments to a running task. A finished task is left unchanged."""
    update_if(task, [Task.arguments.set({**task.arguments, **arguments})], _RUNNING)


def finish(task: Task, status: Status, detail: str, result: Any = None) -> None:
    """Finish a task with SUCCESS or FAILURE and a sentence for its caller. A finished task is left unchanged."""
    actions = [Task.status.set(status), Task.detail.set(detail), Task.result.set(result)]
    if status == SUCCESS:
        actions.append(Task.progress.set(100))
    update_if(task, actions, _RUNNING)


_RUNNING = Task.id.exists() & ~Task.status.is_in(*FINISHED)
