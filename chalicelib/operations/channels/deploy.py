"""Deploy the staged tree of a channel, or roll back to the previous live tree.

One transaction swaps the pointers and emits the change for sync clients; if its response is lost, reading the live
pointer shows whether it was applied. A client whose response was lost should reload the channel before it retries: a
second deploy returns 409, as nothing is staged, and a second rollback reverts the first.
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

REMOVAL_DELAY = 60  # seconds: by then, the swap that makes a tree unreachable is committed
CHANGED = "Another request staged, deployed or rolled back a tree of this channel. Reload it and try again."


def deploy(user: Identity, channel_id: str, reviewed: str = "") -> ChannelOut:
    """Make the staged tree live. The replaced tree remains available for a rollback; the one before it is removed.

    `reviewed` is the root of the tree that the user has seen, if any. Returns the channel. Raises Conflict if no tree
    or another one is staged, or the channel is deleted, NotFound and Forbidden as `writable` does.
    """
    channel, rights = writable(user, channel_id)
    refuse_deleted(channel)
    if not channel.staging_root_id:
        raise Conflict(f"Channel {channel.id} has no staged tree. Upload and stage a tree first.")
    _refuse_other(channel, reviewed)
    removal(channel.id, channel.previous_root_id)
    staged = Channel.staging_root_id
    go_live(channel, channel.staging_root_id, staged == channel.staging_root_id, [staged.remove()])
    return _fields(channel, channel.staging_root_id, rights)


def discard(user: Identity, channel_id: str, reviewed: str = "") -> None:
    """Discard the staged tree, which is removed in the background. Without one, nothing changes.

    `reviewed` is as in `deploy`. Raises Conflict if another tree is staged, or the channel is deleted, NotFound and
    Forbidden as `writable` does.
    """
    channel, _ = writable(user, channel_id)
    refuse_deleted(channel)
    root_id = channel.staging_root_id
    if not root_id:
        return
    _refuse_other(channel, reviewed)
    removal(channel.id, root_id)
    staged = Channel.staging_root_id
    actions = [staged.remove(), Channel.modified.set(now())]
    exchange(
        channel,
        actions,
        staged == root_id,
        (channel.root_id, None),
        lambda current: bool(current.staging_root_id != root_id),
    )


def _refuse_other(channel: Channel, reviewed: str) -> None:
    if reviewed and reviewed != channel.staging_root_id:
        raise Conflict(f"Another tree of channel {channel.id} was staged meanwhile. Review that one first.")


def rollback(user: Identity, channel_id: str) -> ChannelOut:
    """Roll back to the previous live tree; a second rollback reverts the first. A staged tree is unaffected.

    Returns the channel. Raises Conflict if there is no previous tree or the channel is deleted, NotFound and
    Forbidden as `writable` does.
    """
    channel, rights = writable(user, channel_id)
    refuse_deleted(channel)
    if not channel.previous_root_id:
        raise Conflict(f"Channel {channel.id} has no previous live tree. Deploy another tree first.")
    staged, found = Channel.staging_root_id, channel.staging_root_id
    condition = (Channel.previous_root_id == channel.previous_root_id) & (
        staged == found if found else staged.does_not_exist()
    )
    go_live(channel, channel.previous_root_id, condition, [], staging_root_id=found)
    return _fields(channel, channel.previous_root_id, rights)


def _fields(channel: Channel, root_id: str, rights: Rights) -> ChannelOut:
    """Return the current channel with the tree that went live."""
    found = read_many({Channel: [channel.id], Node: [root_id]})
    return fields_of(found[Channel][0], next(iter(found[Node]), None), rights)


def go_live(
    channel: Channel, root_id: str, condition: Condition, actions: list[Any], staging_root_id: str | None = None
) -> None:
    """Make a tree live, and the live tree the previous one. `actions` are further updates; `staging_root_id` is the
    staging tree after them.

    Raises Conflict if the condition does not hold or the live tree has changed since the channel was read.
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
    """Change a channel's tree pointers if the live tree is unchanged, and emit the change in the same transaction.
    `roots` are the live and the staging root after it; `is_done` checks whether a channel already has these pointers.

    Raises Conflict if the condition does not hold.
    """
    is_as_read = condition & (Channel.root_id == channel.root_id)
    try:
        was_as_read = retried(lambda: _exchange(channel.id, actions, is_as_read, roots))
    except DatabaseError:  # the write may have succeeded although its response was lost
        if not _is_done(channel.id, is_done):
            raise
    else:
        if not was_as_read and not _is_done(channel.id, is_done):
            raise Conflict(CHANGED)


def _exchange(channel_id: str, actions: list[Any], condition: Condition, roots: tuple[str, str | None]) -> bool | None:
    """Whether the condition held; None after a conflict with other writes of the channel or its feed."""
    emitted = emissions(channel_changes.trees_exchanged(channel_id, *roots), changes.counter_of(channel_id))

    def fill(transaction: Transaction) -> None:
        transaction.update(Channel(channel_id), actions, condition=condition)
        emission.emit(transaction, emitted)

    codes = transact(fill)
    if not codes:
        return True
    of_channel, _ = codes[-2:]
    return False if of_channel == "ConditionalCheckFailed" else None


def _is_done(channel_id: str, is_done: Callable[[Channel], bool]) -> bool:
    current = channels.get(channel_id)
    return current is not None and is_done(current)


def removal(channel_id: str, *root_ids: str | None) -> None:
    """Queue the removal of trees that become unreachable by the swap, which the caller must do next."""
    removals = [jobs.REMOVE_TREE.message(channel_id=channel_id, root_id=root_id) for root_id in root_ids if root_id]
    queues.send_maintenance(*removals, delay=REMOVAL_DELAY)
