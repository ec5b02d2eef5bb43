"""Answers that take long: worked out in the background, and kept in the bucket for a week.

A kept answer has a stamp, which says of what state it is. Whoever asks gets it as it is, and where the state is
another one now, a task works it out anew meanwhile.
"""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chalicelib.aws import queues, storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.jobs import Job
from chalicelib.domain.storage_keys import kept_key
from chalicelib.models import tasks
from chalicelib.models.base import now

T = TypeVar("T")
Stamp = list[int]
_LOST = timedelta(seconds=10)  # a task that still waits then may have lost its message
_DEAD = timedelta(minutes=30)  # a task that still runs then has lost its worker: none lives for longer than 5


def read(name: str, kind: type[T]) -> tuple[Stamp, T] | None:
    """What is kept under a name, with its stamp. `kind` is the TypedDict that was written there."""
    try:
        data = json.loads(gzip.decompress(storage.read(kept_key(name))))
    except KeyError:
        return None
    return data["stamp"], data["answer"]


def write(name: str, stamp: Stamp, answer: Mapping[str, object]) -> None:
    """Keep an answer, in place of an older one."""
    text = json.dumps({"stamp": stamp, "answer": answer}, ensure_ascii=False, separators=(",", ":"))
    storage.put(kept_key(name), gzip.compress(text.encode(), mtime=0), "application/gzip")


def start(job: Job, task_name: str, channel_id: str, user_id: str, stamp: Stamp, **arguments: Any) -> str:
    """Have the maintenance queue do a job that takes a task, for the state of this stamp; returns the task's id.

    One that waits or runs is not begun again, but its message may be sent again: the job must take that. One that has
    run for so long that its worker must have been killed is begun anew.
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
