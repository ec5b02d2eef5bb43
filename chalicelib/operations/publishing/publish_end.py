"""What the end of a publish, or of a draft, makes of its channel, and what sync clients receive of it."""

from chalicelib.models import changes
from chalicelib.models.base import Update, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channels import Channel
from chalicelib.models.emission import Emission
from chalicelib.models.tasks import Task
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import emissions


def read(channel_id: str) -> tuple[Channel | None, Counter]:
    """A channel with the counter of its feed. One batch read."""
    found = read_many({Channel: [channel_id], Change: [changes.counter_key(channel_id)]})
    counters = changes.counters_among(found[Change], [channel_id])
    return next(iter(found[Channel]), None), counters[channel_id]


def setting(columns: dict[str, object]) -> list[Update]:
    """The actions that give a channel new values of columns; None removes one."""
    named = ((getattr(Channel, name), value) for name, value in columns.items())
    return [column.remove() if value is None else column.set(value) for column, value in named]


def emitted(
    task: Task, status: str, channel: Channel, columns: dict[str, object], following: Task | None, counter: Counter
) -> list[Emission]:
    """The change that says how a task ended: from the channel as it was read, the new values of its columns, and the
    task that takes the lock."""
    lock = {"publish_task_id": following and following.id, "publish_name": following and following.task_name}
    after = Channel(**{**channel.attribute_values, **columns, **lock})
    return emissions(channel_changes.publish_ended(task, status, after), counter)
