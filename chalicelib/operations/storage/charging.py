"""Charge users for the files of their channels, and give the storage back.

A file is charged before a channel begins to use it (`charge`), and given back after its last use by the user's channels
has ended (`reconcile`). Both repeat until the stored items agree with the uses, so they may run at the same time,
twice, or after an interruption.
"""

from collections.abc import Callable, Iterable, Mapping

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.errors import Busy
from chalicelib.models import channels, file_references, uploads
from chalicelib.models.base import in_parallel, now
from chalicelib.models.channels import Channel
from chalicelib.models.uploads import MAX_CHANGES, Outcome, Upload

MAX_RACES = 20  # conflicts in a row after which a change is given up
IN_FLIGHT = 45  # seconds after which requests that read a user's items before they changed have ended
Rows = dict[str, Upload]  # items of a user, by filename


def charge(owner_id: str | None, sizes: Mapping[str, int], known: Rows | None = None) -> None:
    """Charge a user for files that a channel of theirs is about to use, even beyond the quota.

    Call it after the references are written. `sizes` has the bytes of the files by name. `known` are the user's items
    of these files, if the caller has just read them: then nothing is read or written unless an item is missing. A
    channel that has no owner yet is not charged.
    """
    if not owner_id:
        return
    for part in parts(sizes):
        _charge(owner_id, {name: sizes[name] for name in part}, known)


def _charge(owner_id: str, sizes: Mapping[str, int], known: Rows | None) -> None:
    rows = known
    for _ in range(MAX_RACES):
        found = uploads.of_user(owner_id, sizes) if rows is None else rows
        put = [
            (item(owner_id, name, size, found.get(name)), found.get(name))
            for name, size in sizes.items()
            if name not in found or found[name].file_size < size
        ]
        if uploads.change(owner_id, put) is not Outcome.LOST:
            return
        rows = None
    raise Busy("Other requests are using the same files. Send this request again.")


def item(user_id: str, name: str, size: int, earlier: Upload | None) -> Upload:
    """Build the item of a file that a user is charged for; an upload under way stays so."""
    if earlier is None:
        return Upload(user_id, name, file_size=size, created=now())
    return Upload(user_id, name, **{**earlier.attribute_values, "file_size": size})


def reconcile(user_id: str, names: Iterable[str]) -> None:
    """Make what a user is charged for these files equal to their uses. Handles the job of this name, too.

    A request that has read the items before may be about to use a file that is given back, so such files are reconciled
    again later.
    """
    _reconcile_all(user_id, names, is_ended=False)


def reconcile_ended(user_id: str, names: Iterable[str]) -> None:
    """`reconcile` files of which a use has just ended, so that their uploads are no longer under way."""
    _reconcile_all(user_id, names, is_ended=True)


def _reconcile_all(user_id: str, names: Iterable[str], is_ended: bool) -> None:
    removed: list[str] = []
    known = _Owned(user_id)
    for part in parts(dict.fromkeys(names)):
        removed += _retried(lambda part=part: _reconcile(user_id, part, known, is_ended))  # type: ignore[misc]
    send_reconcile(user_id, removed, delay=IN_FLIGHT)


def send_reconcile(user_id: str, names: Iterable[str], delay: int = 0) -> None:
    """Queue the job that reconciles files."""
    for part in parts(names, MAX_NAMES):
        queues.send_maintenance(jobs.RECONCILE_FILES.message(user_id=user_id, names=part), delay=delay)


MAX_NAMES = 1000  # of a message, which holds 256 kB


def _reconcile(user_id: str, names: list[str], known: "_Owned", is_ended: bool) -> list[str] | None:
    """Return the names of the files that were given back; None after a lost race."""
    rows = uploads.of_user(user_id, names)
    used = dict(zip(names, in_parallel(known.use_of, names), strict=True))
    moment = now().timestamp()
    put: list[tuple[Upload, Upload | None]] = []
    removed: list[Upload] = []
    for name in names:
        row, (size, was_used) = rows.get(name), used[name]
        is_under_way = row is not None and int(row.expires or 0) > moment and not (was_used or is_ended)
        if size is None:
            removed += [row] if row is not None and not is_under_way else []
            continue
        wanted = item(user_id, name, size, row)
        wanted.expires = wanted.expires_hour = None
        if row is None or (wanted.file_size, wanted.expires) != (row.file_size, row.expires):
            put.append((wanted, row))
    if uploads.change(user_id, put, removed) is Outcome.LOST:
        return None
    return [row.filename for row in removed]


class _Owned:
    """The channels of a user among those that use files; each is read once."""

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id
        self._known: dict[str, Channel | None] = {}

    def use_of(self, name: str) -> tuple[int | None, bool]:
        """(size in bytes of a file that one of the user's channels uses, else None; whether one uses it, even if
        deleted, so that its upload is no longer under way)."""
        was_used = False
        for channel_id, size in file_references.uses_of(name):
            channel = self._channel(channel_id)
            if channel is not None and not channel.deleted:
                return size, True
            was_used = was_used or channel is not None
        return None, was_used

    def _channel(self, channel_id: str) -> Channel | None:
        """A channel of the user, None for others'."""
        if channel_id not in self._known:
            channel = channels.get(channel_id)
            self._known[channel_id] = channel if channel is not None and channel.owner_id == self._user_id else None
        return self._known[channel_id]


def parts(names: Iterable[str], size: int = MAX_CHANGES) -> list[list[str]]:
    """Names in parts of this size."""
    every = list(names)
    return [every[at : at + size] for at in range(0, len(every), size)]


def _retried(attempt: Callable[[], list[str] | None]) -> list[str]:
    for _ in range(MAX_RACES):
        done = attempt()
        if done is not None:
            return done
    raise Busy("Other requests are using the same files. Try again.")
