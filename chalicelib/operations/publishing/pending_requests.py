"""What is asked of a channel while a publish or a draft of it runs: one wish for each, done in the order asked.

`Channel.publish_again` is {name of the task: {"task_id", "user_id", and the task's arguments}}.
"""

from typing import Any

from chalicelib.models import tasks
from chalicelib.models.base import Condition, Transaction, transact
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task


def task_of(channel_id: str, name: str, wish: dict[str, Any]) -> Task:
    """The task of a wish, not yet saved."""
    arguments = {key: value for key, value in wish.items() if key not in ("task_id", "user_id")}
    return tasks.new(wish["task_id"], name, channel_id, wish["user_id"], **arguments)


def note(channel: Channel, name: str, wish: dict[str, Any], with_task: bool) -> bool:
    """Write down a wish in place of an earlier one of its name, with its task where that is to be watched from now on.
    Says whether the same task runs, and the same was wished for, as when the channel was read."""
    wishes = {**(channel.publish_again or {}), name: wish}
    unchanged = (Channel.publish_task_id == channel.publish_task_id) & as_read(channel)

    def fill(transaction: Transaction) -> None:
        if with_task:
            transaction.save(task_of(channel.id, name, wish))
        transaction.update(Channel(channel.id), [Channel.publish_again.set(wishes)], condition=unchanged)

    return not transact(fill)


def as_read(channel: Channel) -> Condition:
    """That the same is wished for as when the channel was read."""
    wishes = Channel.publish_again
    condition: Condition = wishes == channel.publish_again if channel.publish_again else wishes.does_not_exist()
    return condition


def first(channel: Channel) -> tuple[Task | None, dict[str, dict[str, object]]]:
    """The task of the first wish, None where there is none, and the wishes that are left."""
    wishes = dict(channel.publish_again or {})
    name = next(iter(wishes), None)
    if name is None:
        return None, {}
    return task_of(channel.id, name, wishes.pop(name)), wishes
