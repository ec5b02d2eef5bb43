"""The files of whole channels: given back when a channel is deleted, and charged again when it is restored."""

import time
from collections.abc import Iterator

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.errors import Busy, QuotaExceeded
from chalicelib.models import file_references, uploads, users
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.models.file_references import FileReference
from chalicelib.models.uploads import MAX_CHANGES, Outcome, Upload
from chalicelib.operations.storage.charging import IN_FLIGHT, MAX_RACES, parts, reconcile

COMMIT_DELAY = 2  # seconds after which the write that the message precedes is committed or has failed
MAX_SECONDS = 120  # of one message of the job, which then sends the rest as another message
PAGE = 500  # references whose files are reconciled together
RESTORING = 3600  # seconds for which files are charged to a channel that is being restored


def prepare_change(channel_id: str, *user_ids: str | None) -> None:
    """Queue the job that charges or gives back all files of a channel, for each of these users. Call it before the
    commit of a deletion or of a new owner; it sends nothing without users.

    The job runs again after requests have ended that read the channel before the change.
    """
    made = [
        jobs.RECONCILE_CHANNEL.message(channel_id=channel_id, user_id=user_id, start="")
        for user_id in dict.fromkeys(user_ids)
        if user_id
    ]
    for delay in (COMMIT_DELAY, IN_FLIGHT) if made else ():
        queues.send_maintenance(*made, delay=delay)


def prepare_deleted(channel: Channel, deleted: bool) -> None:
    """Prepare that a channel, as read, is deleted or restored. Call it before the commit; no effect if it is already.

    The job that withdraws its databases, or brings them back, is queued here, so that it also runs if this process is
    killed after the commit. Raises QuotaExceeded if its owner does not have enough storage left to restore it.
    """
    if bool(channel.deleted) == deleted:
        return
    if deleted:
        prepare_change(channel.id, channel.owner_id)
    else:
        charge_restored(channel)
    queues.send_maintenance(*databases_to_place(channel), delay=COMMIT_DELAY)


def databases_to_place(channel: Channel) -> list[dict[str, object]]:
    """The job that withdraws the databases of a deleted channel, or brings those of a restored one back, if any."""
    has_any = channel.version or channel.draft_token
    return [jobs.PLACE_DATABASES.message(channel_id=channel.id)] if has_any else []


def reconcile_channel(channel_id: str, user_id: str, start: str) -> None:
    """Reconcile the files of a channel for a user, from the use `start` on. After MAX_SECONDS, the rest is queued."""
    deadline = time.monotonic() + MAX_SECONDS
    for number, page in enumerate(pages(channel_id, start)):
        if number and page[0].use != start and time.monotonic() > deadline:
            rest = jobs.RECONCILE_CHANNEL.message(channel_id=channel_id, user_id=user_id, start=page[0].use)
            queues.send_maintenance(rest)
            return
        reconcile(user_id, [entry.filename for entry in page])


def pages(channel_id: str, start: str = "") -> Iterator[list[FileReference]]:
    """The references of a channel from the use `start` on, PAGE at a time."""
    page: list[FileReference] = []
    for entry in file_references.of_channel(channel_id, start):
        page.append(entry)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def charge_restored(channel: Channel) -> None:
    """Charge the owner of a deleted channel that is about to be restored for all of its files.

    They count as uploads under way until the channel is restored. Raises QuotaExceeded if the owner does not have
    enough storage left; then nothing is charged.
    """
    if not channel.owner_id:
        return
    entries = filter(file_references.is_charged, file_references.of_channel(channel.id))
    sizes = {entry.filename: int(entry.file_size) for entry in entries}
    for _ in range(MAX_RACES):
        missing = {name: sizes[name] for name in sizes.keys() - uploads.of_user(channel.owner_id, sizes)}
        _refuse_beyond_quota(channel, sum(missing.values()))
        if _charge(channel, missing):
            return
    raise Busy("Other requests are using the same files. Send this request again.")


def _refuse_beyond_quota(channel: Channel, needed: int) -> None:
    owner = users.get(str(channel.owner_id))
    if needed and owner is not None and owner.disk_space_left < needed:
        raise _exceeded(needed)


def _exceeded(needed: int) -> QuotaExceeded:
    return QuotaExceeded(
        f"Not enough storage: this channel needs {needed} bytes of its owner's. Delete other files, or ask an "
        "administrator for more storage."
    )


def _charge(channel: Channel, sizes: dict[str, int]) -> bool:
    """Charge files as uploads under way. Returns False after a lost race, after which the rest is charged."""
    charged: list[Upload] = []
    for part in parts(sizes, MAX_CHANGES):
        put = [_item(str(channel.owner_id), name, sizes[name]) for name in part]
        outcome = uploads.change(str(channel.owner_id), [(row, None) for row in put], within_quota=True)
        if outcome is Outcome.FULL:  # by other requests at the same time
            _give_back(charged)
            raise _exceeded(sum(sizes.values()))
        if outcome is Outcome.LOST:
            return False
        charged += put
    return True


def _item(user_id: str, name: str, size: int) -> Upload:
    expires = int(now().timestamp()) + RESTORING
    hour = uploads.hour_of(expires)
    return Upload(user_id, name, file_size=size, created=now(), expires=expires, expires_hour=hour)


def _give_back(charged: list[Upload]) -> None:
    for at in range(0, len(charged), MAX_CHANGES):
        part = charged[at : at + MAX_CHANGES]
        if uploads.change(part[0].user_id, [], part) is Outcome.LOST:
            return  # they expire
