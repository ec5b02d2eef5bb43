"""Cache of expensive results, which are computed in the background and stored in the bucket for a week.

A cached result has a stamp, which identifies the state that it was computed from. Callers get the cached result even if
the state has changed, while a task computes a new one.
"""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chalicelib.aws import queues, storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.jobs import Job
from chalicelib.domain.storage_keys import cached_result_key
from chalicelib.models import tasks
from chalicelib.models.base import now

T = TypeVar("T")
Stamp = list[int]
_LOST = timedelta(seconds=10)  # the message of a task that is pending longer may be lost
_DEAD = timedelta(minutes=30)  # the worker of a task that runs longer was killed, as workers end after 5 minutes


def read(name: str, kind: type[T]) -> tuple[Stamp, T] | None:
    """The cached result with this name: (stamp, result). `kind` is the TypedDict of the result."""
    try:
        data = json.loads(gzip.decompress(storage.read(cached_result_key(name))))
    except KeyError:
        return None
    return data["stamp"], data["answer"]


def write(name: str, stamp: Stamp, answer: Mapping[str, object]) -> None:
    """Cache a result, replacing an older one."""
    text = json.dumps({"stamp": stamp, "answer": answer}, ensure_ascii=False, separators=(",", ":"))
    storage.put(cached_result_key(name), gzip.compress(text.encode(), mtime=0), "application/gzip")


def start(job: Job, task_name: str, channel_id: str, user_id: str, stamp: Stamp, **arguments: Any) -> str:
    """Send a job that takes a task to the maintenance queue, for the state of this stamp. Returns the task's id.

    A pending or running task is not started again, but its message may be sent again, so jobs must be idempotent. A
    task that has run so long that its worker must have been killed is started again.
    """
    task_id = derived_id(channel_id, " ".join(map(str, [job.name, *arguments.values(), *stamp])))
    task = tasks.get(task_id)
    age = now() - datetime.fromisoformat(task.created) if task else timedelta()
    if task is None or task.status in tasks.FINISHED or (task.status == tasks.STARTED and age > _DEAD):
        tasks.new(task_id, task_name, channel_id, user_id, **arguments).save()
    elif task.status == tasks.STARTED or age < _LOST:
        return task_id
    queues.send_maintenance(job.message(task_id=task_id))
    return task_id
