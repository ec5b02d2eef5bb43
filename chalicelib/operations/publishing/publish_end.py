"""The updates of the channel when a publish or draft ends, and the change emitted to sync clients."""

from chalicelib.models import changes
from chalicelib.models.base import Update, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channels import Channel
from chalicelib.models.emission import Emission
from chalicelib.models.tasks import Task
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import emissions


def read(channel_id: str) -> tuple[Channel | None, Counter]:
    """Return a channel with the counter of its feed. One batch read."""
    found = read_many({Channel: [channel_id], Change: [changes.counter_key(channel_id)]})
    counters = changes.counters_among(found[Change], [channel_id])
    return next(iter(found[Channel]), None), counters[channel_id]


def setting(columns: dict[str, object]) -> list[Update]:
    """Return the update actions that set columns of a channel; None removes a column."""
    named = ((getattr(Channel, name), value) for name, value in columns.items())
    return [column.remove() if value is None else column.set(value) for column, value in named]


def emitted(
    task: Task, status: str, channel: Channel, columns: dict[str, object], following: Task | None, counter: Counter
) -> list[Emission]:
    """Return the emissions for the end of a task: from the channel as read, the new values of its columns, and the task
    that takes the lock next."""
    lock = {"publish_task_id": following and following.id, "publish_name": following and following.task_name}
    after = Channel(**{**channel.attribute_values, **columns, **lock})
    return emissions(channel_changes.publish_ended(task, status, after), counter)
