"""What the caller's files take by kind and by channel, exactly as quotas charge for them.

That takes a walk over all files that the user is charged for, so a worker counts, and requests return the last count.
Another one is requested when the user is charged for another sum, or after a day.
"""

import time
from collections.abc import Iterator
from typing import Any

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.storage.counts import Counts
from chalicelib.domain.storage.kinds import NAMES
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_members, channels, file_references, storage_reports, uploads, users
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.models.storage_reports import StorageReport
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.users import more_storage
from chalicelib.schemas.responses.storage import Storage, StorageCount
from chalicelib.telemetry import log

MAX_AGE = 24 * 3600  # seconds after which a count is repeated, though the sum is the same
MAX_CHANNELS = 100  # in a report
MAX_SECONDS = 120  # of a count, which is by kind only if there are too many files


def current(user: Identity) -> Storage:
    """Return what the caller uses now, and the last count; request another one if that is outdated.

    Three reads and one more for the names of channels; a write and a message if a count is requested.
    """
    own = users.get(user.user_id)
    if own is None:
        raise NotFound(f"User not found: {user.user_id}")
    used = int(own.disk_space) - int(own.disk_space_left)
    report = storage_reports.get(own.id)
    is_current = _is_current(report, used)
    if not is_current and storage_reports.request(own.id):
        queues.send_maintenance(jobs.COUNT_STORAGE.message(user_id=own.id))
    return {
        "used": used,
        "allowed": int(own.disk_space),
        "available": max(0, int(own.disk_space_left)),
        "count": _count(user, report),
        "counting": not is_current,
        "request": more_storage.of_user(own.id),
    }


def _is_current(report: StorageReport | None, used: int) -> bool:
    if report is None or report.counted is None:
        return False
    return bool(report.used == used and (now() - report.counted).total_seconds() < MAX_AGE)


def _count(user: Identity, report: StorageReport | None) -> StorageCount | None:
    if report is None or report.counted is None:
        return None
    result: dict[str, Any] = report.result
    kinds = sorted(result["kinds"].items(), key=lambda kind: (-kind[1], kind[0]))
    count: StorageCount = {
        "counted": moment(report.counted),
        "used": int(report.used),
        "by_kind": [{"kind": kind, "name": NAMES[kind], "size": size} for kind, size in kinds],
        "by_channel": None,
        "other_channels": result["others"],
        "shared": result["shared"],
        "not_in_channels": result["unused"],
    }
    if result["channels"] is not None:
        own = {channel.id: channel for channel in channels.get_many([row[0] for row in result["channels"]])}
        shown = [row for row in result["channels"] if row[0] in own and policy.owns(user, own[row[0]].owner_id)]
        gone = [row for row in result["channels"] if row not in shown]  # passed on to others since
        others = result["others"]
        count["by_channel"] = [
            {"id": id, "name": own[id].name, "size": size, "freed": freed} for id, size, freed in shown
        ]
        count["other_channels"] = {
            "count": others["count"] + len(gone),
            "freed": others["freed"] + sum(freed for _, _, freed in gone),
        }
    return count


def count(user_id: str) -> None:
    """Count what a user is charged for, and store the result. Handles the job of this name; it may run twice."""
    deadline = time.monotonic() + MAX_SECONDS
    started, counts = now(), Counts()
    counts.add_files((row.filename, int(row.file_size)) for row in uploads.all_of(user_id))
    owned = _owned(user_id)
    for channel in owned:
        counts.add_channel(channel.id, _names(channel.id, deadline))
    is_whole = time.monotonic() < deadline
    if not is_whole:
        log.warning("a user has too many files to count them by channel", extra={"user_id": user_id})
    if users.get(user_id) is not None:  # they may have been deleted meanwhile
        storage_reports.save(user_id, started, counts.used, _result(counts, is_whole))


def _owned(user_id: str) -> list[Channel]:
    """The channels whose files a user is charged for. One without an active editor may have left its owner's list."""
    members = channel_members.of_user(user_id)
    found = channels.get_many([member.channel_id for member in members])
    return [channel for channel in found if channel.owner_id == user_id and not channel.deleted]


def _names(channel_id: str, deadline: float) -> Iterator[str]:
    for entry in filter(file_references.is_charged, file_references.of_channel(channel_id)):
        if time.monotonic() > deadline:
            return
        yield str(entry.filename)


def _result(counts: Counts, is_whole: bool) -> dict[str, Any]:
    freed = counts.freed
    rows = sorted(
        ((id, size, freed[id]) for id, size in counts.channels.items() if size), key=lambda row: (-row[1], row[0])
    )
    listed, others = rows[:MAX_CHANNELS], rows[MAX_CHANNELS:]
    return {
        "kinds": counts.kinds,
        "channels": listed if is_whole else None,
        "others": {"count": len(others), "freed": sum(row[2] for row in others)} if is_whole else None,
        "shared": counts.shared if is_whole else None,
        "unused": counts.unused if is_whole else None,
    }
