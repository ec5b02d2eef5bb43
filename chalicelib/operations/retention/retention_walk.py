"""The daily walk that ends what nothing needs any more, see "What is kept, and how long" in docs/operations.md.

It reads channels page by page and sends a job for each that has something to end; the job decides again by what it
reads. It works in steps, each of which ends after MAX_SECONDS and queues the next one with a cursor. A step may run
twice or be interrupted.
"""

import time
from collections.abc import Callable, Mapping

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.models import channel_purges, channel_sets, channels, nodes, users
from chalicelib.models.base import now, update_if
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.retention import channel_purge, old_versions, unfinished_uploads

MAX_SECONDS = 120  # of one step
PAGE = 100  # channels that are read at once
PURGES, CHANNELS, SETS = "purges", "channels", "sets"  # steps
Cursor = tuple[str, str]  # step, the id of the channel or the address of the user after which it continues
Message = dict[str, object]


def begin() -> None:
    """Start a walk: a job."""
    _send((PURGES, ""))


def run(step: str, after: str) -> None:
    """Run steps of a walk from a cursor on, and queue the rest after MAX_SECONDS: a job."""
    deadline = time.monotonic() + MAX_SECONDS
    cursor: Cursor | None = (step, after)
    while cursor is not None:
        cursor = _STEPS[cursor[0]](cursor[1])
        if cursor is not None and time.monotonic() > deadline:
            _send(cursor)
            return


def _send(cursor: Cursor) -> None:
    queues.send_maintenance(jobs.RETENTION_STEP.message(step=cursor[0], after=cursor[1]))


def _purges(_: str) -> Cursor:
    """Continue to delete channels for good, where a message was lost."""
    for channel_id in channel_purges.under_way():
        queues.send_maintenance(jobs.PURGE_CHANNEL.message(channel_id=channel_id))
    return CHANNELS, ""


def _channels(after: str) -> Cursor:
    """Send the jobs of the first channels after this id."""
    ids = channel_purges.some_channels(after, PAGE)
    found = channels.get_many(ids)
    for channel in found:
        _note_deletion(channel)
    roots = {root_id for channel in found for root_id in (channel.trash_root_id, channel.chef_root_id) if root_id}
    by_id = {node.id: node for node in nodes.get_many(sorted(roots))}
    messages = [message for channel in found for message in _due(channel, by_id)]
    if messages:
        queues.send_maintenance(*messages)
    return (CHANNELS, ids[-1]) if len(ids) == PAGE else (SETS, "")


def _note_deletion(channel: Channel) -> None:
    """Let the time of a channel begin that was deleted by a version of the application that did not record when."""
    if channel.deleted and channel.deleted_at is None:
        is_deleted = (Channel.deleted == True) & Channel.deleted_at.does_not_exist()  # noqa: E712
        update_if(Channel(channel.id), [Channel.deleted_at.set(now())], is_deleted)


def _due(channel: Channel, roots: Mapping[str, Node]) -> list[Message]:
    if channel.deleted:
        return [jobs.PURGE_CHANNEL.message(channel_id=channel.id)] if channel_purge.is_due(channel) else []
    if channel.chef_root_id in roots:
        unfinished_uploads.end(channel, roots[channel.chef_root_id])
    messages: list[Message] = []
    if channel.trash_root_id in roots and roots[channel.trash_root_id].total_count:
        messages.append(jobs.END_TRASH.message(channel_id=channel.id, after=""))
    if old_versions.is_due(channel):
        messages.append(jobs.END_VERSIONS.message(channel_id=channel.id))
    return messages


def _sets(after: str) -> Cursor | None:
    """Take channels that do not exist any more out of the sets of the first user after this e-mail address."""
    user = users.next_after(after)
    if user is None:
        return None
    for channel_set in channel_sets.of_user(user.id):
        there = channels.existing(channel_set.channel_ids)
        if not there.issuperset(channel_set.channel_ids):
            channel_set.channel_ids = [id for id in channel_set.channel_ids if id in there]
            channel_sets.replace(channel_set)  # if it was changed meanwhile, the next walk does it
    return SETS, str(user.email)


_STEPS: dict[str, Callable[[str], Cursor | None]] = {PURGES: _purges, CHANNELS: _channels, SETS: _sets}
