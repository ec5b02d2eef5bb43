"""Which of its trees a channel shows: the staged one goes live, or the one before comes back.

One transaction exchanges the pointers and emits the change for sync clients; where its answer is lost, what is live
tells whether it was made. A client whose own answer was lost looks before it asks again: another deploy is 409, as
nothing is staged any more, and another rollback takes the first one back.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.errors import Conflict
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, channels, emission
from chalicelib.models.base import Condition, DatabaseError, Transaction, now, read_many, transact
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access.channel_rights import refuse_deleted, writable
from chalicelib.operations.access.node_rights import retried
from chalicelib.operations.access.policy import Rights
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import emissions
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.schemas.responses.channel import Channel as ChannelOut

REMOVAL_DELAY = 60  # seconds: the exchange that frees a tree is done by then
CHANGED = "The channel changed meanwhile: a tree was staged, deployed or brought back. Look again."


def deploy(user: Identity, channel_id: str) -> ChannelOut:
    """Bring the staged tree live; the one that was live can be rolled back to, the one before that is removed.

    Returns the channel. Raises Conflict where no tree is staged or the channel is deleted, NotFound and Forbidden as
    `writable` does.
    """
    channel, rights = writable(user, channel_id)
    refuse_deleted(channel)
    if not channel.staging_root_id:
        raise Conflict(f"Nothing is staged in channel {channel.id}. Upload a tree first, and let it be staged.")
    removal(channel.id, channel.previous_root_id)
    staged = Channel.staging_root_id
    go_live(channel, channel.staging_root_id, staged == channel.staging_root_id, [staged.remove()])
    return _fields(channel, channel.staging_root_id, rights)


def rollback(user: Identity, channel_id: str) -> ChannelOut:
    """Bring the tree live that was so before; done twice, all is as it was. A staged tree stays.

    Returns the channel. Raises Conflict where there is no tree before or the channel is deleted, NotFound and
    Forbidden as `writable` does.
    """
    channel, rights = writable(user, channel_id)
    refuse_deleted(channel)
    if not channel.previous_root_id:
        raise Conflict(f"Channel {channel.id} has no tree before the live one. Deploy another one first.")
    staged, found = Channel.staging_root_id, channel.staging_root_id
    condition = (Channel.previous_root_id == channel.previous_root_id) & (
        staged == found if found else staged.does_not_exist()
    )
    go_live(channel, channel.previous_root_id, condition, [], staging_root_id=found)
    return _fields(channel, channel.previous_root_id, rights)


def _fields(channel: Channel, root_id: str, rights: Rights) -> ChannelOut:
    """The channel as it is now, with the tree that went live."""
    found = read_many({Channel: [channel.id], Node: [root_id]})
    return fields_of(found[Channel][0], next(iter(found[Node]), None), rights)


def go_live(
    channel: Channel, root_id: str, condition: Condition, actions: list[Any], staging_root_id: str | None = None
) -> None:
    """Make a tree the live one, and what was live the previous one. `actions` are further changes; `staging_root_id` is
    what they leave staged.

    Raises Conflict where the condition does not hold, or another tree is live than was read.
    """
    swap = [
        Channel.root_id.set(root_id),
        Channel.previous_root_id.set(channel.root_id),
        Channel.root_rev.set(Channel.rev + 1),
        Channel.rev.add(1),
        Channel.modified.set(now()),
        *actions,
    ]
    exchange(channel, swap, condition, (root_id, staging_root_id), lambda current: bool(current.root_id == root_id))


def exchange(
    channel: Channel,
    actions: list[Any],
    condition: Condition,
    roots: tuple[str, str | None],
    is_done: Callable[[Channel], bool],
) -> None:
    """Change the pointers to a channel's trees, where the live one is as it was read, and emit that in the same
    transaction. `roots` are those of the live and of the staged tree then; `is_done` looks whether a channel is as it
    is to be.

    Raises Conflict where the condition does not hold.
    """
    is_as_read = condition & (Channel.root_id == channel.root_id)
    try:
        was_as_read = retried(lambda: _exchange(channel.id, actions, is_as_read, roots))
    except DatabaseError:  # the write may have been made although its answer was lost
        if not _is_done(channel.id, is_done):
            raise
    else:
        if not was_as_read and not _is_done(channel.id, is_done):
            raise Conflict(CHANGED)


def _exchange(channel_id: str, actions: list[Any], condition: Condition, roots: tuple[str, str | None]) -> bool | None:
    """Whether the condition held; None where others emitted something meanwhile."""
    emitted = emissions(channel_changes.trees_exchanged(channel_id, *roots), changes.counter_of(channel_id))

    def fill(transaction: Transaction) -> None:
        transaction.update(Channel(channel_id), actions, condition=condition)
        emission.emit(transaction, emitted)

    codes = transact(fill)
    if not codes:
        return True
    of_channel, _ = codes[-2:]
    return False if of_channel else None


def _is_done(channel_id: str, is_done: Callable[[Channel], bool]) -> bool:
    current = channels.get(channel_id)
    return current is not None and is_done(current)


def removal(channel_id: str, *root_ids: str | None) -> None:
    """Have trees removed that nobody can reach once the exchange is done, which must follow."""
    removals = [jobs.REMOVE_TREE.message(channel_id=channel_id, root_id=root_id) for root_id in root_ids if root_id]
    queues.send_maintenance(*removals, delay=REMOVAL_DELAY)
