"""Which of its trees a channel shows: the staged one goes live, or the one before comes back.

One conditional write exchanges the pointers; where its answer is lost, what is live tells whether it was made. A client
whose own answer was lost looks before it asks again: another deploy is 409, as nothing is staged any more, and another
rollback takes the first one back.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.errors import Conflict
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, nodes
from chalicelib.models.base import Condition, DatabaseError, now, was_refused
from chalicelib.models.channels import Channel
from chalicelib.operations.access.channel_rights import refuse_deleted, writable
from chalicelib.operations.changes import channel_changes
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
    went_live = go_live(channel, channel.staging_root_id, staged == channel.staging_root_id, staged.remove())
    return fields_of(went_live, nodes.get(went_live.root_id), rights)


def rollback(user: Identity, channel_id: str) -> ChannelOut:
    """Bring the tree live that was so before; done twice, all is as it was. A staged tree stays.

    Returns the channel. Raises Conflict where there is no tree before or the channel is deleted, NotFound and
    Forbidden as `writable` does.
    """
    channel, rights = writable(user, channel_id)
    refuse_deleted(channel)
    if not channel.previous_root_id:
        raise Conflict(f"Channel {channel.id} has no tree before the live one. Deploy another one first.")
    condition = Channel.previous_root_id == channel.previous_root_id
    went_live = go_live(channel, channel.previous_root_id, condition)
    return fields_of(went_live, nodes.get(went_live.root_id), rights)


def go_live(channel: Channel, root_id: str, condition: Condition, *actions: Any) -> Channel:
    """Make a tree the live one, and what was live the previous one. `actions` are further changes. Returns the channel
    as it is then.

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
    return exchange(channel, swap, condition, lambda current: bool(current.root_id == root_id))


def exchange(channel: Channel, actions: list[Any], condition: Condition, is_done: Callable[[Channel], bool]) -> Channel:
    """Change the pointers to a channel's trees, where the live one is as it was read, and tell of it. `is_done` looks
    whether a channel is as it is to be then. Returns it so.

    Raises Conflict where the condition does not hold.
    """
    changed = Channel(channel.id)
    try:
        changed.update(actions, condition=condition & (Channel.root_id == channel.root_id))
    except DatabaseError as error:
        # The write may have been made although its answer was lost: what counts is where the tree is now.
        current = channels.get(channel.id)
        if current is None or not is_done(current):
            if was_refused(error):
                raise Conflict(CHANGED) from error
            raise
        changed = current
    channel_changes.tell_of_trees(changed)
    return changed


def removal(channel_id: str, *root_ids: str | None) -> None:
    """Have trees removed that nobody can reach once the exchange is done, which must follow."""
    removals = [jobs.REMOVE_TREE.message(channel_id=channel_id, root_id=root_id) for root_id in root_ids if root_id]
    queues.send_maintenance(*removals, delay=REMOVAL_DELAY)
