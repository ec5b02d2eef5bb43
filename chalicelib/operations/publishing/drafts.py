"""Discard the draft of a channel: its token, and its database, which everybody who knows the channel's id may read."""

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.errors import Busy, Conflict
from chalicelib.identity.authentication import Identity
from chalicelib.models import emission
from chalicelib.models.base import Transaction, transact
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.operations.access.channel_rights import writable
from chalicelib.operations.access.node_rights import retried
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import emissions
from chalicelib.operations.publishing import publish_end, publish_lock


def discard(user: Identity, channel_id: str) -> None:
    """Discard the draft of a channel, if it has one. Repeating it completes what was interrupted.

    Raises Conflict while a publish or a draft is running, NotFound and Forbidden as `writable` does.
    """
    channel, _ = writable(user, channel_id)
    try:
        end(channel)
    except Busy as busy:
        raise Conflict(
            f"A publish or draft of channel {channel.id} is running. Discard the draft when it has ended."
        ) from busy


def end(channel: Channel) -> None:
    """End the draft of a channel that no task is publishing. Raises Busy otherwise."""
    with publish_lock.reserved(channel, Channel.publish_task_id.does_not_exist()):
        storage.delete(database_key(channel.id, DRAFT))
        if channel.draft_token:
            retried(lambda: _remove_token(channel))


def _remove_token(channel: Channel) -> bool | None:
    """An attempt to remove the token of a draft. Returns None after a lost race."""
    current, counter = publish_end.read(channel.id)
    if current is None or current.draft_token != channel.draft_token:
        return False
    emitted = emissions(channel_changes.draft_discarded(channel.id), counter)

    def fill(transaction: Transaction) -> None:
        held = PUBLISH_LEASE.held_by(str(channel.publish_worker))
        transaction.delete(SecretToken(channel.draft_token))
        transaction.update(Channel(channel.id), [Channel.draft_token.remove()], condition=held)
        emission.emit(transaction, emitted)

    return None if transact(fill) else True
