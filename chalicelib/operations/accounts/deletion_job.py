"""The job that deletes everything of a user whose deletion was requested, and the user in the end.

Each step may be repeated, so the job may be killed anywhere, and its message may arrive twice. The user is removed by
a run that begins PAUSE after the mark: by then the requests that were authenticated before it have ended, and indexes
have caught up. The daily recount sends the message again if it was lost.
"""

import time
from collections.abc import Callable, Iterator

from chalicelib.aws import queues, storage
from chalicelib.domain import jobs
from chalicelib.domain.limits import DAY, LIMITS
from chalicelib.domain.storage_keys import exports_prefix
from chalicelib.errors import Busy
from chalicelib.identity.accounts import address_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import (
    channel_sets,
    channels,
    counters,
    invitations,
    personal_data,
    storage_requests,
    tasks,
    uploads,
    user_deletion,
    users,
)
from chalicelib.models.base import now
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.accounts import deletion, export
from chalicelib.operations.channels import channel_resource
from chalicelib.operations.storage import ownership
from chalicelib.telemetry import Audited, audit

PAUSE = 60  # seconds
MAX_SECONDS = 120  # of one message, after which another one follows
FORMER_NAME = "Former user"  # replaces the name of a deleted user where it stays visible to others


def run(user_id: str) -> None:
    """Delete what belongs to a user who is being deleted; does nothing for others.

    Raises Busy after lost races.
    """
    user = users.get(user_id)
    if user is None or user.deleting_since is None:
        return
    wait = PAUSE - int((now() - user.deleting_since).total_seconds())
    deadline = time.monotonic() + MAX_SECONDS
    for step in STEPS if wait > 0 else (*STEPS, _files):
        for _ in step(user):
            if time.monotonic() > deadline:
                _send(user)
                return
    if wait > 0:
        _send(user, wait)
    elif user_deletion.remove(user):
        audit(Audited.USER_DELETED, user.id)
    else:
        raise Busy(f"User {user.id} was changed by another request.")


def _send(user: User, delay: int = 0) -> None:
    queues.send_maintenance(jobs.DELETE_USER.message(user_id=user.id), delay=delay)


def _channels(user: User) -> Iterator[None]:
    for member in personal_data.memberships(user.id):
        _leave(user, member.channel_id, member.role)
        yield


def _leave(user: User, channel_id: str, role: str) -> None:
    """Leave a channel, which is deleted first if nobody else edits it, and passed on otherwise if the user owns it."""
    channel = channels.get(channel_id)
    staying = None
    if channel is not None and policy.is_editor(role):
        other = deletion.other_editor(channel_id, user.id)
        staying = str(other.user_id) if other else None
        if other is None and channel.editors_count > 1:
            raise Busy(f"The index of the members of channel {channel_id} lags.")
        if other is None:
            channel_resource.delete(Identity(user.id, user.email or "", "", "", is_admin=False), channel_id)
    ownership.prepare_pass_on(channel_id)
    if not invitations.remove_member(user.id, channel_id, role, staying):
        raise Busy(f"The members of channel {channel_id} were changed by another request.")
    ownership.pass_on(channel_id)


def _own_items(user: User) -> Iterator[None]:
    for model in personal_data.OWN:
        for _ in personal_data.remove_own(model, user.id):
            yield


def _sets(user: User) -> Iterator[None]:
    for channel_set in channel_sets.of_user(user.id):
        channel_sets.remove(channel_set)
        yield


def _invitations(user: User) -> Iterator[None]:
    """Delete the invitations to the user, and replace the user's name in those that others may see."""
    for invitation in invitations.received({user.id, address_id(str(user.email))}):
        invitations.remove(invitation)
        yield
    for invitation in invitations.sent(user.id):
        if invitation.sender_name != FORMER_NAME:
            invitations.rename_sender(invitation, FORMER_NAME)
            yield


def _export(user: User) -> Iterator[None]:
    """Delete all downloads of the user's data, of which the task names the latest only."""
    for key in storage.all_keys(exports_prefix(user.id)):
        storage.delete(key)
        yield
    task_id = export.task_id_of(user.id)
    task = tasks.get(task_id)
    if task is not None:
        if task.result:  # that of an earlier version has another key
            storage.delete(task.result["key"])
        tasks.remove(task_id)
        yield


def _requests(user: User) -> Iterator[None]:
    if storage_requests.remove(user.id):
        yield


def _counters(user: User) -> Iterator[None]:
    counters.forget(counters.current(f"day {name}", user.id, DAY) for name in LIMITS)
    yield from ()


def _files(user: User) -> Iterator[None]:
    """Delete what the user is still charged for: no channel is theirs any more."""
    rows = []
    for row in uploads.all_of(user.id):
        rows.append(row)
        if len(rows) == uploads.MAX_CHANGES:
            _give_back(user, rows)
            rows = []
            yield
    _give_back(user, rows)


def _give_back(user: User, rows: list[uploads.Upload]) -> None:
    if uploads.change(user.id, [], rows) is uploads.Outcome.LOST:
        raise Busy("Other requests are changing the files that the user is charged for.")


# Each yields after a write, and writes nothing twice, so that a run that is stopped there has come further.
STEPS: tuple[Callable[[User], Iterator[None]], ...] = (
    _channels,
    _own_items,
    _sets,
    _invitations,
    _export,
    _requests,
    _counters,
)
