"""Recount the uses of files from scratch: the trees and versions of all channels, then the items of all users.

It writes the entries of uses that have none, and the collection of unused files waits for it. It works in steps, each
of which ends after MAX_SECONDS and queues the next one with a cursor. A step may run twice or be interrupted. What
others write meanwhile is either seen or charged by its writer. Corrections are logged.
"""

import time
from collections.abc import Callable

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.storage_uses import DATABASES, THUMBNAIL, use_of
from chalicelib.errors import Busy
from chalicelib.models import (
    channels,
    file_references,
    storage_passes,
    stored_objects,
    tree_streams,
    uploads,
    user_deletion,
    users,
)
from chalicelib.models.base import update_if
from chalicelib.models.channels import Channel
from chalicelib.models.file_references import FileReference
from chalicelib.models.users import User
from chalicelib.operations.storage import ownership, retained_files, shown_images, tree_files, uses
from chalicelib.operations.storage.channel_files import PAGE, pages
from chalicelib.operations.storage.charging import reconcile
from chalicelib.telemetry import log

MAX_SECONDS = 120  # of one step
MIN_AGE = 24 * 3600  # seconds after which a reference without a use is no longer that of a write in progress
CHANNELS, TREES, VERSIONS, REFERENCES, USERS = "channels", "trees", "versions", "references", "users"  # steps
Cursor = tuple[str, str, str]  # step, id of the channel or user, where to start


def begin() -> None:
    """Start a recount."""
    _send((CHANNELS, "", ""), int(time.time()))


def run(step: str, id: str, start: str, began: int = 0) -> None:
    """Run steps of a recount from a cursor on, and queue the rest after MAX_SECONDS.

    `began` is when it did; messages of earlier versions do not say, and their recounts leave out VERSIONS.
    """
    deadline = time.monotonic() + MAX_SECONDS
    cursor: Cursor | None = (step, id, start)
    while cursor is not None:
        cursor = _STEPS[cursor[0]](cursor[1], cursor[2], deadline)
        if cursor is not None and time.monotonic() > deadline:
            _send(cursor, began)
            return
    if began:
        storage_passes.note(storage_passes.RECOUNT, began)


def _send(cursor: Cursor, began: int) -> None:
    step, id, start = cursor
    queues.send_maintenance(jobs.RECOUNT_STEP.message(step=step, id=id, start=start, began=began))


def _channels(after: str, _: str, deadline: float) -> Cursor:
    """Correct the owner and thumbnail of the first channel after this id."""
    channel_id = channels.next_id(after)
    if channel_id is None:
        return USERS, "", ""
    ownership.pass_on(channel_id)
    channel = channels.get(channel_id)
    if channel is not None and channel.thumbnail:
        sizes, _missing = stored_objects.stored([channel.thumbnail])
        size = sizes.get(channel.thumbnail, 0)
        _write_missing(channel, [file_references.reference(channel.thumbnail, use_of(channel.id, THUMBNAIL), size)])
    return TREES, channel_id, "0"


def _trees(channel_id: str, start: str, deadline: float) -> Cursor:
    """Write the missing references of a channel's nodes; `start` counts nodes."""
    channel = channels.get(channel_id)
    if channel is not None:
        roots = [root_id for root_id in channels.tree_names(channel).values() if root_id]
        ids = [node_id for root_id in roots for node_id in tree_streams.ids(root_id)]
        for at in range(int(start), len(ids), tree_files.CHUNK):
            found, items = tree_files.parts_of(ids[at : at + tree_files.CHUNK])
            own = [node for node in found if node["channel_id"] == channel_id]
            own_ids = {node["id"] for node in own}
            own_items = [item for item in items if item["contentnode_id"] in own_ids]
            shown_images.list_missing(channel, own_items)
            _write_missing(channel, list(file_references.of_parts(channel_id, own, own_items).values()))
            if time.monotonic() > deadline:
                return TREES, channel_id, str(at + tree_files.CHUNK)
    return VERSIONS, channel_id, ""


def _versions(channel_id: str, start: str, deadline: float) -> Cursor:
    """Write the missing references of the files in a channel's databases, from the name `start` on.

    Raises Busy if one of them is being moved.
    """
    channel = channels.get(channel_id)
    sizes = retained_files.every(channel) if channel is not None else {}
    names = sorted(name for name in sizes if name >= start)
    for at in range(0, len(names), PAGE):
        if at and time.monotonic() > deadline:
            return VERSIONS, channel_id, names[at]
        use = use_of(channel_id, DATABASES)
        file_references.write_missing(
            file_references.reference(name, use, sizes[name]) for name in names[at : at + PAGE]
        )
    return REFERENCES, channel_id, ""


def _write_missing(channel: Channel, wanted: list[FileReference]) -> None:
    missing = file_references.write_missing(wanted)
    if not missing:
        return
    log.info("references were missing", extra={"channel_id": channel.id, "number": len(missing)})
    if channel.owner_id:
        reconcile(channel.owner_id, [entry.filename for entry in missing])


def _references(channel_id: str, start: str, deadline: float) -> Cursor:
    """Delete the references of a channel without a use, and reconcile its files for the owner; `start` is a use.

    Files that are used come back if they were deleted.
    """
    channel = channels.get(channel_id)
    if channel is None:
        return CHANNELS, channel_id, ""
    for number, page in enumerate(pages(channel_id, start)):
        if number and page[0].use != start and time.monotonic() > deadline:
            return REFERENCES, channel_id, str(page[0].use)
        old = [entry for entry in page if entry.written <= time.time() - MIN_AGE]
        try:
            uses.end(channel_id, [[entry.filename, entry.use] for entry in old])
        except Busy:
            log.info("references of a channel in use are left to the next recount", extra={"channel_id": channel_id})
        stored_objects.renew(entry.filename for entry in page)
        if channel.owner_id:
            reconcile(channel.owner_id, [entry.filename for entry in page])
    return CHANNELS, channel_id, ""


def _users(after: str, start: str, deadline: float) -> Cursor | None:
    """Reconcile the files that the first user after this e-mail address is charged for, and correct the counter.

    The deletion of a user is resumed.
    """
    user = users.next_after(after)
    if user is None:
        return None
    names: list[str] = []
    for row in uploads.all_of(user.id, start):
        names.append(row.filename)
        if len(names) == PAGE:
            reconcile(user.id, names)
            names = []
            if time.monotonic() > deadline:
                return USERS, after, row.filename
    reconcile(user.id, names)
    _correct_counter(user.id)
    if not user.is_active and user_deletion.is_marked(users.get(user.id)):  # whose job may have failed
        queues.send_maintenance(jobs.DELETE_USER.message(user_id=user.id))
    return USERS, str(user.email), ""


def _correct_counter(user_id: str) -> None:
    """Make the free storage of a user follow from the items, if nothing changes them meanwhile.

    They change in one transaction, so this corrects only what did not come about by this application.
    """
    before = users.get(user_id)
    used = {_sum(user_id), _sum(user_id)}
    if before is None or len(used) > 1:
        return
    left = int(before.disk_space) - used.pop()
    if left == before.disk_space_left:
        return
    as_read = (User.disk_space_left == before.disk_space_left) & (User.disk_space == before.disk_space)
    if update_if(User(user_id), [User.disk_space_left.set(left)], as_read):
        correction = left - int(before.disk_space_left)
        log.warning("the storage of a user was corrected", extra={"user_id": user_id, "correction": correction})


def _sum(user_id: str) -> int:
    return sum(int(row.file_size) for row in uploads.all_of(user_id))


_STEPS: dict[str, Callable[[str, str, float], Cursor | None]] = {
    CHANNELS: _channels,
    TREES: _trees,
    VERSIONS: _versions,
    REFERENCES: _references,
    USERS: _users,
}


def expired_uploads() -> dict[str, list[str]]:
    """The uploads, by user, that were requested more than a day ago. The index may lag behind."""
    moment = int(time.time())
    by_user: dict[str, list[str]] = {}
    for hour in (uploads.hour_of(moment - 3600), uploads.hour_of(moment)):
        for user_id, filename in uploads.expired(hour, moment):
            by_user.setdefault(user_id, []).append(filename)
    return by_user


def give_back(by_user: dict[str, list[str]]) -> None:
    """Give back those of the expired uploads that are not used, and note that the others are."""
    for user_id, names in by_user.items():
        reconcile(user_id, names)
