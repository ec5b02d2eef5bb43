"""The lock of a channel's publish: asked for, joined, claimed by workers, and given up in one transaction.

The channel itself is the lock: `publish_task_id` names the one publish that runs. Requests meanwhile join it; what
they want is noted in `publish_again` and done once, after it. Workers hold a lease (`publish_lease`). Each step is
found done, or is done again with the same result, when a message comes twice or a worker dies.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from chalicelib import queues, storage
from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.storage_keys import database_key
from chalicelib.errors import Busy
from chalicelib.models import channels, tasks
from chalicelib.models.base import Table, transact, update_if
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.telemetry import log

LEASE = 60  # seconds: a living worker renews it long before
RENEWAL = 20  # seconds
MICROSECONDS = 1_000_000
ENDED = "Another publish of this channel has just ended. Ask again."
PUBLISH, EXPORT = "publish", "export"  # stages


def request(user_id: str, channel: Channel, version_notes: str) -> str:
    """Ask for a publish; returns the id of the task to watch, which is the running one where one runs already.

    Raises Busy where another publish ended at this moment.
    """
    if channel.publish_task_id:
        return _join(channel, user_id, version_notes)
    task = tasks.new(new_id(), tasks.PUBLISH, channel.id, user_id, version_notes=version_notes)

    def fill(transaction: TransactWrite) -> None:
        transaction.save(task)
        transaction.update(Channel(channel.id), _taken_by(task), condition=Channel.publish_task_id.does_not_exist())

    if transact(fill):
        current = channels.get(channel.id)
        if current is None or not current.publish_task_id:
            raise Busy(ENDED)
        return _join(current, user_id, version_notes)
    queues.send_publish(task.id)
    return str(task.id)


def _join(channel: Channel, user_id: str, version_notes: str) -> str:
    """Note that the running publish is to be followed by another."""
    task_id = str(channel.publish_task_id)
    earlier = (channel.publish_again or {}).get("version_notes", "")
    wish = Channel.publish_again.set({"user_id": user_id, "version_notes": version_notes or earlier})
    if not update_if(Channel(channel.id), [wish], Channel.publish_task_id == task_id):
        raise Busy(ENDED)
    if _is_free(channel):
        # Nobody works on it: its message may never have been sent, or its worker has died. Another does no harm.
        _send(task_id, str(channel.publish_stage))
    return task_id


def claim(task_id: str, stage: str) -> tuple[Task, Channel] | None:
    """The task and its channel with the lease on this stage, or None where there is nothing to do any more.

    Raises Busy where another worker holds the lease: the message must come again.
    """
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None:
        return None
    if channel.publish_task_id != task_id:
        _follow_up(task, channel)
        return None
    if channel.publish_stage != stage:
        _send(task_id, str(channel.publish_stage))  # the message that handed it over may have been lost
        return None
    _take_lease(task, channel, stage)
    return task, channel


def _take_lease(task: Task, channel: Channel, stage: str) -> None:
    start, found = _clock(), channel.publish_lease
    free = Channel.publish_lease.does_not_exist() | (Channel.publish_lease < start)
    same = (Channel.publish_task_id == task.id) & (Channel.publish_stage == stage)
    channel.publish_worker, channel.publish_lease = new_id(), start + LEASE * MICROSECONDS
    lease = [Channel.publish_lease.set(channel.publish_lease), Channel.publish_worker.set(channel.publish_worker)]
    try:
        taken = update_if(channel, lease, same & free)
    except BaseException:
        release(task, channel)  # it may have been taken although nobody heard of it
        raise
    if not taken:
        left = (int(found) - start) // MICROSECONDS if found else LEASE
        raise Busy(f"Another worker is at task {task.id}.", retry_after=max(1, left))


@contextmanager
def kept_alive(task: Task, channel: Channel) -> Iterator[None]:
    """Renew the lease of a claimed task while the block runs, so that it ends soon after its worker was killed."""
    stop = threading.Event()
    thread = threading.Thread(target=_renew, args=(task, channel, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew(task: Task, channel: Channel, stop: threading.Event) -> None:
    while not stop.wait(RENEWAL):
        until = _clock() + LEASE * MICROSECONDS
        try:
            if not update_if(Channel(channel.id), [Channel.publish_lease.set(until)], _mine(task, channel)):
                return  # the task has ended, or another worker has it
        except PynamoDBException:
            log.exception("a lease could not be renewed")
        else:
            channel.publish_lease = until


def _is_free(channel: Channel) -> bool:
    return not channel.publish_lease or int(channel.publish_lease) < _clock()


def _clock() -> int:
    """Now, in microseconds."""
    return int(time.time() * MICROSECONDS)


def hand_over(task: Task, channel: Channel, **arguments: Any) -> None:
    """Pass a publish on to the export worker, with what that needs to know."""
    task.update([Task.arguments.set({**task.arguments, **arguments})])
    actions = [Channel.publish_stage.set(EXPORT), *_NO_LEASE]
    update_if(Channel(channel.id), actions, Channel.publish_task_id == task.id)
    queues.send_export(task.id)


def give_up(task_id: str) -> None:
    """End a task that failed too often, unless a worker is at it or it has ended."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task and channel and channel.publish_task_id == task_id and _is_free(channel):
        if channel.publish_stage == EXPORT:
            _restore_database(channel)
        detail = "Publishing failed for a reason of ours and was given up. What was published before is as it was."
        finish(task, channel, tasks.FAILURE, detail, [], [])


def _restore_database(channel: Channel) -> None:
    """Put the published version back where the export worker may have written the one that is given up."""
    newest = database_key(channel.id)
    if channel.version:
        storage.copy(database_key(channel.id, int(channel.version)), newest, storage.SQLITE, storage.NEWEST)
    else:
        storage.delete(newest)


def release(task: Task, channel: Channel) -> None:
    """Give one's lease back after a failure, so that the message, when it comes again, finds it free."""
    update_if(Channel(channel.id), _NO_LEASE, _mine(task, channel))


def _mine(task: Task, channel: Channel) -> Condition:
    same_task: Condition = Channel.publish_task_id == task.id
    same_worker: Condition = Channel.publish_worker == channel.publish_worker
    both: Condition = same_task & same_worker
    return both


def finish(
    task: Task, channel: Channel, status: str, detail: str, changes: list[Any], items: list[Table], result: Any = None
) -> bool:
    """End a publish: changes of the channel, new items, lock and task with its `result`, in one transaction.

    A publish that was asked for meanwhile takes the lock in the same moment and is begun. Returns whether it was this
    call that ended it.
    """
    current: Channel | None = channel
    while current and current.publish_task_id == task.id:
        following = _following(task, current)
        actions: list[Any] = [*changes, Channel.publish_again.remove(), *_NO_LEASE]
        actions += _taken_by(following) if following else _FREE
        ended = [Task.status.set(status), Task.detail.set(detail), Task.result.set(result)]
        if status == tasks.SUCCESS:
            ended.append(Task.progress.set(100))
        if not transact(_ending(task, current, ended, actions, [*items, *([following] if following else [])])):
            if following:
                queues.send_publish(following.id)
            return True
        current = channels.get(channel.id)
    return False


def _ending(task: Task, channel: Channel, ended: list[Any], actions: list[Any], items: list[Table]) -> Any:
    wish = Channel.publish_again
    as_read = wish == channel.publish_again if channel.publish_again else wish.does_not_exist()

    def fill(transaction: TransactWrite) -> None:
        for item in items:
            transaction.save(item)
        transaction.update(Channel(channel.id), actions, condition=(Channel.publish_task_id == task.id) & as_read)
        transaction.update(Task(task.id), ended)

    return fill


def _following(task: Task, channel: Channel) -> Task | None:
    """The task of the publish that was asked for during this one."""
    wish = channel.publish_again
    if not wish:
        return None
    notes = wish["version_notes"]
    return tasks.new(_following_id(task), tasks.PUBLISH, channel.id, wish["user_id"], version_notes=notes)


def _following_id(task: Task) -> str:
    return derived_id(task.id, "again")


def _follow_up(task: Task, channel: Channel) -> None:
    """Begin the following publish again, in case its message was lost when this one ended."""
    if channel.publish_task_id == _following_id(task) and _is_free(channel):
        _send(_following_id(task), str(channel.publish_stage))


def _send(task_id: str, stage: str) -> None:
    (queues.send_export if stage == EXPORT else queues.send_publish)(task_id)


def _taken_by(task: Task) -> list[Any]:
    return [Channel.publish_task_id.set(task.id), Channel.publish_stage.set(PUBLISH)]


_NO_LEASE: list[Any] = [Channel.publish_lease.remove(), Channel.publish_worker.remove()]
_FREE: list[Any] = [Channel.publish_task_id.remove(), Channel.publish_stage.remove()]
