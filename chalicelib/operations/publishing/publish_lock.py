"""The lock of a channel's publish: asked for, joined, claimed by workers, and given up in one transaction.

The channel itself is the lock: `publish_task_id` names the one publish or draft that runs. Requests meanwhile join it;
what they want is noted in `publish_again`, by the name of the task, and done once, after it. Workers hold a lease
(`publish_lease`, by the name of the worker): only who has it hands over or ends. Each step is found done, or is done
again with the same result, when a message comes twice or a worker dies.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from chalicelib.aws import queues, storage
from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.errors import Busy
from chalicelib.models import channels, emission, leases, tasks
from chalicelib.models.base import Condition, Table, Transaction, transact, unchanged, update_if
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.emission import Emission
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.tasks import Task
from chalicelib.operations.publishing import pending_requests, publish_end

LEASE = 60  # seconds: a living worker renews it long before
RENEWAL = 20  # seconds
ENDED = "Another publish of this channel has just ended. Ask again."
PUBLISH: Final = "publish"  # stages
EXPORT: Final = "export"


def request(user_id: str, channel: Channel, version_notes: str) -> str:
    """Ask for a publish; returns the id of the task to watch, which is the running one where one runs already.

    Raises Busy where another publish ended at this moment.
    """
    return _ask(channel, tasks.PUBLISH, {"user_id": user_id, "version_notes": version_notes})


def request_draft(user_id: str, channel: Channel, use_staging_tree: bool) -> str:
    """Ask for a draft, as `request` asks for a publish."""
    return _ask(channel, tasks.DRAFT, {"user_id": user_id, "use_staging_tree": use_staging_tree})


def _ask(channel: Channel, name: str, wish: dict[str, Any]) -> str:
    if channel.publish_task_id:
        return _join(channel, name, wish)
    task = pending_requests.task_of(channel.id, name, {"task_id": new_id(), **wish})

    def fill(transaction: Transaction) -> None:
        transaction.save(task)
        transaction.update(Channel(channel.id), _taken_by(task), condition=Channel.publish_task_id.does_not_exist())

    if transact(fill):
        current = channels.get(channel.id)
        if current is None or not current.publish_task_id:
            raise Busy(ENDED)
        return _join(current, name, wish)
    queues.send_publish(task.id)
    return str(task.id)


def _join(channel: Channel, name: str, wish: dict[str, Any]) -> str:
    """Note that what runs is to be followed by a publish or a draft. Where another such runs, its task is the one to
    watch; else the one that follows, which is made at once."""
    task_id, is_same = str(channel.publish_task_id), name == channel.publish_name
    current: Channel | None = channel
    while current and current.publish_task_id == task_id:
        earlier = (current.publish_again or {}).get(name, {})
        following = {"task_id": derived_id(task_id, "again" if is_same else name), **wish, **earlier}
        following |= {key: value for key, value in wish.items() if value != ""}
        if pending_requests.note(current, name, following, with_task=not is_same):
            if _is_free(current):
                # Nobody works on it: its message may never have been sent, or its worker died. Another does no harm.
                _send(task_id, str(current.publish_stage))
            return task_id if is_same else str(following["task_id"])
        current = channels.get(channel.id)
    raise Busy(ENDED)


def claim(task_id: str, stage: str) -> tuple[Task, Channel] | None:
    """The task and its channel with the lease on this stage, or None where there is nothing to do any more.

    Raises Busy where another worker holds the lease: the message must come again.
    """
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None:
        return None
    if channel.publish_task_id != task_id:
        _follow_up(channel)
        return None
    if channel.publish_stage != stage:
        _send(task_id, str(channel.publish_stage))  # the message that handed it over may have been lost
        return None
    _take_lease(task, channel, stage)
    return task, channel


def _take_lease(task: Task, channel: Channel, stage: str) -> None:
    found = PUBLISH_LEASE.of(channel)
    lease = PUBLISH_LEASE.taken(found, new_id(), LEASE)
    same = (Channel.publish_task_id == task.id) & (Channel.publish_stage == stage)
    channel.publish_worker, channel.publish_lease = lease.holder, lease.until
    try:
        taken = update_if(channel, PUBLISH_LEASE.hold(lease), same & PUBLISH_LEASE.free())
    except BaseException:
        release(task, channel)  # it may have been taken although nobody heard of it
        raise
    if not taken:
        left = PUBLISH_LEASE.seconds_left(found) if found.holder else LEASE
        raise Busy(f"Another worker is at task {task.id}.", retry_after=max(1, left))


def kept_alive(task: Task, channel: Channel) -> AbstractContextManager[None]:
    """Renew the lease of a claimed task while the block runs, so that it ends soon after its worker was killed."""
    return leases.kept_alive(lambda: renew(channel), RENEWAL)


def renew(channel: Channel) -> bool:
    """Extend the lease of a claimed task; False where the task has ended, or another worker has it."""
    renewed = PUBLISH_LEASE.renew(Channel(channel.id), PUBLISH_LEASE.of(channel), LEASE)
    if renewed:
        channel.publish_lease = renewed.until
    return bool(renewed)


def _is_free(channel: Channel) -> bool:
    return PUBLISH_LEASE.is_free(PUBLISH_LEASE.of(channel))


def hand_over(task: Task, channel: Channel, **arguments: Any) -> None:
    """Pass a publish on to the export worker, with what that needs to know. Does nothing where the task has ended, or
    another worker has it."""

    def fill(transaction: Transaction) -> None:
        actions = [Channel.publish_stage.set(EXPORT), *PUBLISH_LEASE.end()]
        transaction.update(Channel(channel.id), actions, condition=_mine(task, channel))
        transaction.update(Task(task.id), [Task.arguments.set({**task.arguments, **arguments})])

    if not transact(fill):
        queues.send_export(task.id)


def give_up(task_id: str) -> None:
    """End a task that failed too often, unless a worker is at it or it has ended."""
    task = tasks.get(task_id)
    channel = channels.get(task.channel_id) if task else None
    if task is None or channel is None or channel.publish_task_id != task_id:
        return
    try:
        _take_lease(task, channel, str(channel.publish_stage))
    except Busy:
        return  # who has the lease ends the task, or it has ended since
    try:
        with kept_alive(task, channel):
            _give_up(task, channel)
    except BaseException:
        release(task, channel)
        raise


def _give_up(task: Task, channel: Channel) -> None:
    columns: dict[str, object] = {}
    gone: list[Table] = []
    if task.task_name == tasks.PUBLISH and channel.publish_stage == EXPORT:
        _restore_database(channel)
        columns, gone = end_of_draft(channel)
    detail = "Publishing failed for a reason of ours and was given up. What was published before is as it was."
    finish(task, channel, tasks.FAILURE, detail, columns, [], gone=gone)


def _restore_database(channel: Channel) -> None:
    """Put the published version back where the export worker may have written the one that is given up."""
    newest = database_key(channel.id)
    if channel.version:
        storage.copy(database_key(channel.id, int(channel.version)), newest, storage.SQLITE, storage.NEWEST)
    else:
        storage.delete(newest)


def end_of_draft(channel: Channel) -> tuple[dict[str, object], list[Table]]:
    """Delete the database of a channel's draft, where there is one: to be called with the lock. Returns what is to be
    changed of the channel and what is to be deleted when the lock is given up."""
    if not channel.draft_token:
        return {}, []
    storage.delete(database_key(channel.id, DRAFT))
    return {"draft_token": None}, [SecretToken(channel.draft_token)]


def release(task: Task, channel: Channel) -> None:
    """Give one's lease back after a failure, so that the message, when it comes again, finds it free."""
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
    gone: Sequence[Table] = (),
) -> bool:
    """End a publish or a draft under its lease: columns of the channel (None: removed), new items and those that are
    gone, lock and task with its `result`, and what sync clients receive, in one transaction. Does nothing where the
    task has ended, or another worker has it.

    What was asked for meanwhile takes the lock in the same moment and is begun. Returns whether it was this call that
    ended it.
    """
    ended = [Task.status.set(status), Task.detail.set(detail), Task.result.set(result)]
    if status == tasks.SUCCESS:
        ended.append(Task.progress.set(100))
    while True:
        current, counter = publish_end.read(channel.id)
        if current is None or (current.publish_task_id, current.publish_worker) != (task.id, channel.publish_worker):
            return False
        following, rest = pending_requests.first(current)
        emitted = publish_end.emitted(task, status, current, columns, following, counter)
        actions = [*publish_end.setting({**columns, "publish_again": rest or None}), *PUBLISH_LEASE.end()]
        actions += _taken_by(following) if following else _FREE
        put = [*items, *([following] if following else [])]
        if not transact(_ending(task, current, ended, actions, put, gone, emitted)):
            if following:
                queues.send_publish(following.id)
            return True


def _ending(
    task: Task,
    channel: Channel,
    ended: list[Any],
    actions: list[Any],
    put: list[Table],
    gone: Sequence[Table],
    emitted: list[Emission],
) -> Callable[[Transaction], None]:
    as_read = _mine(task, channel) & pending_requests.as_read(channel) & unchanged(Channel.rev, channel.rev)

    def fill(transaction: Transaction) -> None:
        for item in gone:
            transaction.delete(item)
        for item in put:
            transaction.save(item)
        transaction.update(Channel(channel.id), actions, condition=as_read)
        transaction.update(Task(task.id), ended)
        emission.emit(transaction, emitted)

    return fill


def _follow_up(channel: Channel) -> None:
    """Begin again what follows, in case its message was lost when the one before it ended."""
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
