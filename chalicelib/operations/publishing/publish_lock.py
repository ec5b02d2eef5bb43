"""The publish lock of a channel: requested, joined, claimed by workers, and released in one transaction.

The channel row is the lock: `publish_task_id` names the one running publish or draft. Requests that arrive meanwhile
join it: they are stored in `publish_again` under their task name and run once after it. Workers hold a lease
(`publish_lease` and `publish_worker`); only its holder can hand over or finish the task. Every step is idempotent, so
that a message may be delivered twice and a worker may die.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from chalicelib.aws import queues, storage
from chalicelib.domain import jobs
from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.errors import Busy
from chalicelib.models import channels, emission, leases, tasks
from chalicelib.models.base import Condition, Table, Transaction, transact, unchanged, update_if
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.emission import Emission
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.tasks import Task
from chalicelib.operations.access.node_rights import retried
from chalicelib.operations.publishing import pending_requests, publish_end

LEASE = 60  # seconds; a running worker renews it well before
RENEWAL = 20  # seconds
FAILED = "Publishing failed because of an internal error. The previously published version is unchanged."
ENDED = "Another publish of this channel has just ended. Try again."
PUBLISH: Final = "publish"  # stages
EXPORT: Final = "export"


def request(user_id: str, channel: Channel, version_notes: str) -> str:
    """Request a publish; returns the ID of the task to poll, which is the running task if a publish is already running.

    Raises Busy if another publish ends at the same moment.
    """
    return _request(channel, tasks.PUBLISH, {"user_id": user_id, "version_notes": version_notes})


def request_draft(user_id: str, channel: Channel, use_staging_tree: bool) -> str:
    """Request a draft, as `request` does for a publish."""
    return _request(channel, tasks.DRAFT, {"user_id": user_id, "use_staging_tree": use_staging_tree})


def _request(channel: Channel, name: str, pending: dict[str, Any]) -> str:
    if channel.publish_task_id and not _is_dead(channel):
        return _join(channel, name, pending)
    task = pending_requests.task_of(channel.id, name, {"task_id": new_id(), **pending})

    def fill(transaction: Transaction) -> None:
        transaction.save(task)
        # Who removes references must read the channel again, as the version may use files that ended versions used.
        actions = [*_taken_by(task), *PUBLISH_LEASE.end(), Channel.freed.add(1)]
        transaction.update(Channel(channel.id), actions, condition=_free_as_read(channel))

    if transact(fill):
        current = channels.get(channel.id)
        if current is None or not current.publish_task_id:
            raise Busy(ENDED)
        return _join(current, name, pending)
    queues.send_publish(task.id)
    return str(task.id)


def _is_dead(channel: Channel) -> bool:
    """Whether the task that locks a channel no longer exists, and no worker processes it. One read, unless a worker
    holds the lease."""
    return _is_free(channel) and tasks.get(str(channel.publish_task_id)) is None


def _free_as_read(channel: Channel) -> Condition:
    """The condition that a channel is not locked, or still by the dead task that was read."""
    if not channel.publish_task_id:
        unlocked: Condition = Channel.id.exists() & Channel.publish_task_id.does_not_exist()
        return unlocked
    dead: Condition = (Channel.publish_task_id == channel.publish_task_id) & PUBLISH_LEASE.free()
    return dead


def _join(channel: Channel, name: str, pending: dict[str, Any]) -> str:
    """Store a request that runs after the running task. Returns the task to poll: the running one if it has the same
    name, else the following one, which is created immediately."""
    task_id, is_same = str(channel.publish_task_id), name == channel.publish_name
    current: Channel | None = channel
    while current and current.publish_task_id == task_id:
        earlier = (current.publish_again or {}).get(name, {})
        following = {"task_id": derived_id(task_id, "again" if is_same else name), **pending, **earlier}
        following |= {key: value for key, value in pending.items() if value != ""}
        if pending_requests.store(current, name, following, with_task=not is_same):
            if _is_free(current):
                # No worker holds the lease: its message may be lost, or its worker died. A duplicate is harmless.
                _send(task_id, str(current.publish_stage))
            return task_id if is_same else str(following["task_id"])
        current = channels.get(channel.id)
    raise Busy(ENDED)


def claim(task_id: str, stage: str) -> tuple[Task, Channel] | None:
    """Take the lease of a stage. Returns the task and its channel, or None if nothing is left to do.

    Raises Busy if another worker holds the lease: the message must be redelivered.
    """
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None:
        return None
    if channel.publish_task_id != task_id:
        _resend_following(channel)
        _hide_databases(channel)
        return None
    if channel.publish_stage != stage:
        _send(task_id, str(channel.publish_stage))  # the message of the hand-over may be lost
        return None
    take_lease(task, channel, stage)
    return task, channel


def take_lease(task: Task, channel: Channel, stage: str) -> None:
    """Take the lease of a task's stage, in the table and in the channel as read. Raises Busy if it is not free."""
    same = (Channel.publish_task_id == task.id) & (Channel.publish_stage == stage)
    _take(channel, same, f"Another worker is processing task {task.id}.")


@contextmanager
def reserved(channel: Channel, condition: Condition | None = None) -> Iterator[Channel]:
    """Hold the lease of a channel without a task while the block runs, so that no worker begins.

    Raises Busy if a worker holds the lease or `condition` does not hold.
    """
    _take(channel, condition, f"Channel {channel.id} is being published. Try again when that has ended.")
    try:
        with leases.kept_alive(lambda: renew(channel), RENEWAL):
            yield channel
    finally:
        PUBLISH_LEASE.give_back(Channel(channel.id), PUBLISH_LEASE.of(channel))


def _take(channel: Channel, condition: Condition | None, busy: str) -> None:
    found = PUBLISH_LEASE.of(channel)
    lease = PUBLISH_LEASE.taken(found, new_id(), LEASE)
    channel.publish_worker, channel.publish_lease = lease.holder, lease.until
    channel.publish_attempts = lease.attempts
    try:
        free = Channel.id.exists() & PUBLISH_LEASE.free() & PUBLISH_LEASE.as_found(found)
        taken = update_if(channel, PUBLISH_LEASE.hold(lease), free if condition is None else condition & free)
    except BaseException:
        PUBLISH_LEASE.give_back(Channel(channel.id), lease)  # it may have been written although the response was lost
        raise
    if not taken:
        left = PUBLISH_LEASE.seconds_left(found) if found.holder else LEASE
        raise Busy(busy, retry_after=max(1, left))


def kept_alive(task: Task, channel: Channel) -> AbstractContextManager[None]:
    """Renew the lease of a claimed task while the block runs. If the worker is killed, the lease expires soon after."""
    return leases.kept_alive(lambda: renew(channel), RENEWAL)


def renew(channel: Channel) -> bool:
    """Extend the lease of a claimed task; returns False if the task has ended or another worker holds the lease."""
    renewed = PUBLISH_LEASE.renew(Channel(channel.id), PUBLISH_LEASE.of(channel), LEASE)
    if renewed:
        channel.publish_lease = renewed.until
    return bool(renewed)


def _is_free(channel: Channel) -> bool:
    return PUBLISH_LEASE.is_free(PUBLISH_LEASE.of(channel))


def hand_over(task: Task, channel: Channel, **arguments: Any) -> None:
    """Hand a publish over to the export worker with further task arguments. Does nothing if the task has ended or
    another worker holds the lease."""

    def fill(transaction: Transaction) -> None:
        actions = [Channel.publish_stage.set(EXPORT), *PUBLISH_LEASE.end()]
        transaction.update(Channel(channel.id), actions, condition=_mine(task, channel))
        arguments_set = Task.arguments.set({**task.arguments, **arguments})
        transaction.update(Task(task.id), [arguments_set], condition=Task.id.exists())

    if not transact(fill):
        queues.send_export(task.id)
    elif tasks.get(task.id) is None:
        finish(task, channel, tasks.FAILURE, FAILED, {}, [])  # to unlock the channel


def end_of_draft(channel: Channel) -> tuple[dict[str, object], list[Table]]:
    """Delete the database of a channel's draft, if any. The caller must hold the lock. Returns the columns to change
    and the items to delete when the lock is released."""
    if not channel.draft_token:
        return {}, []
    storage.delete(database_key(channel.id, DRAFT))
    return {"draft_token": None}, [SecretToken(channel.draft_token)]


def release(task: Task, channel: Channel) -> None:
    """Release the worker's lease after a failure, so that the redelivered message can take it."""
    PUBLISH_LEASE.give_back(Channel(channel.id), PUBLISH_LEASE.of(channel))


def _mine(task: Task, channel: Channel) -> Condition:
    same_task: Condition = Channel.publish_task_id == task.id
    both: Condition = same_task & PUBLISH_LEASE.held_by(str(channel.publish_worker))
    return both


def finish(
    task: Task,
    channel: Channel,
    status: str,
    detail: str,
    columns: dict[str, object],
    items: list[Table],
    result: Any = None,
    deleted: Sequence[Table] = (),
) -> bool:
    """End a publish or a draft under its lease. One transaction sets columns of the channel (None removes one), saves
    `items`, deletes `deleted`, releases the lock, stores the task's `result`, and emits the change for sync clients.
    Does nothing if the task has ended or another worker holds the lease.

    The next pending request takes the lock in the same transaction and is started. Returns whether this call ended the
    task. Raises Busy after too many lost races: the message must be delivered again.
    """
    ended = tasks.ending(status, detail, result)
    return retried(lambda: _finish(task, channel, status, ended, columns, items, deleted))


def _finish(
    task: Task,
    channel: Channel,
    status: str,
    ended: list[Any],
    columns: dict[str, object],
    items: list[Table],
    deleted: Sequence[Table],
) -> bool | None:
    """An attempt of `finish`. Returns None after a lost race."""
    current, counter = publish_end.read(channel.id)
    if current is None or (current.publish_task_id, current.publish_worker) != (task.id, channel.publish_worker):
        return False
    following, rest = pending_requests.first(current)
    emitted = publish_end.emitted(task, status, current, columns, following, counter)
    actions = [*publish_end.setting({**columns, "publish_again": rest or None}), *PUBLISH_LEASE.end()]
    actions += _taken_by(following) if following else _FREE
    put = [*items, *([following] if following else [])]
    if transact(_ending(task, current, ended, actions, put, deleted, emitted)):
        if tasks.get(task.id) is None:
            ended.clear()  # the task was deleted, and the lock must be released nevertheless
        return None
    if following:
        queues.send_publish(following.id)
    _hide_databases(current)
    return True


def _hide_databases(channel: Channel) -> None:
    """Remove what the task wrote if its channel was deleted meanwhile."""
    if channel.deleted:
        queues.send_maintenance(jobs.PLACE_DATABASES.message(channel_id=channel.id))


def _ending(
    task: Task,
    channel: Channel,
    ended: list[Any],
    actions: list[Any],
    put: list[Table],
    deleted: Sequence[Table],
    emitted: list[Emission],
) -> Callable[[Transaction], None]:
    as_read = _mine(task, channel) & pending_requests.as_read(channel) & unchanged(Channel.rev, channel.rev)

    def fill(transaction: Transaction) -> None:
        for item in deleted:
            transaction.delete(item)
        for item in put:
            transaction.save(item)
        transaction.update(Channel(channel.id), actions, condition=as_read)
        if ended:
            transaction.update(Task(task.id), ended, condition=Task.id.exists())
        emission.emit(transaction, emitted)

    return fill


def _resend_following(channel: Channel) -> None:
    """Restart the following task: its message may have been lost when the previous task ended."""
    if channel.publish_task_id and _is_free(channel):
        _send(channel.publish_task_id, str(channel.publish_stage))


def _send(task_id: str, stage: str) -> None:
    (queues.send_export if stage == EXPORT else queues.send_publish)(task_id)


def _taken_by(task: Task) -> list[Any]:
    names = [Channel.publish_task_id.set(task.id), Channel.publish_name.set(task.task_name)]
    return [*names, Channel.publish_stage.set(PUBLISH)]


_FREE: list[Any] = [
    column.remove() for column in (Channel.publish_task_id, Channel.publish_name, Channel.publish_stage)
]
