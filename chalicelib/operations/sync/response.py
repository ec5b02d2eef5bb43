"""What a client that syncs is told: how its own changes ended, what others did, and what runs in the background."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal, TypedDict, cast

from chalicelib.domain import jsontext
from chalicelib.models import changes, tasks
from chalicelib.models.base import in_parallel, now, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.tasks import Task
from chalicelib.operations.sync.context import Known
from chalicelib.schemas.responses.sync import FailedChange, SyncedChange, SyncedTask

Row = Mapping[str, object]
Part = Literal["changes", "errors", "successes"]
MAX_RETURNED = 500  # changes an answer
MAX_RETURNED_BYTES = 2_500_000  # of them
MAX_RESPONSE_BYTES = 4_500_000  # bytes: Lambda answers 6 MB at most, and one change always fits
MAX_READ = 1000  # changes that are read by their revisions
LATEST_TASKS = 20  # of a channel
FAILURES_TOLD = timedelta(days=1)
# What is told to those who edit a channel only: tables, as invitations hold addresses, and fields of channels.
_EDITORS = frozenset({"invitation"})
_SECRETS = frozenset({"draft_token", "primary_token"})


class Answer(TypedDict):
    """What `sync` answers of changes that are done."""

    changes: list[SyncedChange]
    errors: list[FailedChange]
    successes: list[SyncedChange]


def told(known: Known, revs: dict[str, int], own: dict[str, set[int]], unapplied: set[int], used: int = 0) -> Answer:
    """`{changes, errors, successes}`.

    `revs` says from where on the client wants to be told what others did, by owner; `own` what it sent just now,
    `unapplied` of which revisions it waits to hear, and `used` how many bytes the rest of the answer has. Of an owner
    nothing is told from the first pending change on, and nothing behind what does not fit any more: it comes next
    time. Something always fits.
    """
    owners = [owner for owner in dict.fromkeys([*revs, *own]) if owner in own or known.may_see(owner)]
    waited = {owner: own.get(owner, set()) | unapplied for owner in owners}
    counters, named = _named(known, waited, list(own))
    newer = [id for id in owners if id in revs and revs[id] < counters[id].last and known.may_see(id)]
    share = max(MAX_RETURNED // len(newer), 1) if newer else 0
    pages = dict(zip(newer, in_parallel(lambda id: _page(known, id, revs[id], share, waited[id]), newer), strict=True))
    answer: dict[Part, list[SyncedChange]] = {"changes": [], "errors": [], "successes": []}
    room = [MAX_RETURNED, min(MAX_RETURNED_BYTES, MAX_RESPONSE_BYTES - used)]
    for owner in owners:
        page, end = pages.get(owner, ([], None))
        every = {int(change.rev): change for change in chain(named.get(owner, []), page)}
        for rev in sorted(rev for rev in every if end is None or rev <= end):
            change = every[rev]
            if change.status == changes.PENDING:
                break
            part = _part(known, change, rev in waited[owner], rev > revs.get(owner, rev))
            row = row_of(change, known.may_edit(owner))
            if part and not _fits(room, row) and any(answer.values()):
                break
            if part:
                answer[part].append(row)
    return cast(Answer, answer)


def _page(known: Known, owner: str, rev: int, limit: int, waited: set[int]) -> tuple[list[Change], int | None]:
    """Changes after a revision up to the first pending one; and behind which revision there may be more, if any.

    What the client is not told is left out, and read over: it would ask for the same again and again.
    """
    found: list[Change] = []
    while True:
        read = list(changes.after(owner, rev, limit))
        for change in read:
            if change.status == changes.PENDING:
                return found, int(change.rev) - 1
            if _part(known, change, int(change.rev) in waited, True):
                found.append(change)
        if len(read) < limit:
            return found, None
        rev = int(read[-1].rev)
        if found:
            return found, rev
        limit = MAX_RETURNED


def _named(
    known: Known, waited: dict[str, set[int]], changed: list[str]
) -> tuple[dict[str, Counter], dict[str, list[Change]]]:
    """(the counters, those of what was changed just now as they are by now; the changes that a client waits for, as
    far as it sent them itself). One batch read a hundred, none where there is nothing to look for."""
    keys = [(owner, rev) for owner, revs in waited.items() for rev in sorted(revs) if rev > 0]
    keys = [*map(changes.counter_key, changed), *keys[:MAX_READ]]
    found = read_many({Change: keys})[Change] if keys else []
    named: dict[str, list[Change]] = {}
    for change in found:
        if int(change.rev) and change.session == known.user.session:
            named.setdefault(change.owner, []).append(change)
    return known.counters | changes.counters_among(found, changed), named


def _fits(room: list[int], row: Row) -> bool:
    """Take the room that a change needs in the answer; says whether there was enough."""
    room[0] -= 1
    room[1] -= size_of(row)
    return min(room) >= 0


def size_of(row: Row) -> int:
    """Bytes of a row in an answer: Lambda writes the text of an answer as JSON once more, in ASCII."""
    return len(json.dumps(jsontext.dumps(row)))


def _part(known: Known, change: Change, is_waited: bool, is_new: bool) -> Part | None:
    """In which part of the answer a change is told, None where in none."""
    failed = change.status == changes.FAILED
    if is_waited and change.session == known.user.session:
        return "errors" if failed else "successes"
    return "changes" if is_new and not failed and _is_told(known, change) else None


def _is_told(known: Known, change: Change) -> bool:
    """Whether somebody else's change is told: secrets, and what holds them only, to those who edit the channel."""
    if change.channel_id is None or change.channel_id != change.owner or known.may_edit(change.channel_id):
        return True
    mods = change.fields.get("mods")
    return change.table not in _EDITORS and not (change.table == "channel" and mods and mods.keys() <= _SECRETS)


def row_of(change: Change, is_editor: bool = True) -> SyncedChange:
    """A change as clients read it; tokens of channels are told to those who edit them."""
    fields = change.fields
    if change.table == "channel" and not is_editor and fields.get("mods"):
        fields = {**fields, "mods": {name: value for name, value in fields["mods"].items() if name not in _SECRETS}}
    row = {
        "key": change.key,
        **fields,
        **({"errors": change.errors} if change.errors else {}),
        "server_rev": int(change.rev),
        "table": change.table,
        "type": int(change.type),
        "channel_id": change.channel_id,
        "user_id": change.user_id,
        "created_by_id": change.created_by_id,
        "unpublishable": bool(change.unpublishable),
    }
    return cast(SyncedChange, row)


def running(known: Known, channel_ids: Iterable[str]) -> list[SyncedTask]:
    """Tasks of channels that run, or have failed lately without another try since; their members only see them."""
    wanted = [id for id in channel_ids if known.may_see(id)]
    found = in_parallel(lambda id: tasks.of_channel(id, LATEST_TASKS), wanted)
    return [_task(task) for latest in found for task in _interesting(latest)]


def _interesting(latest: list[Task]) -> list[Task]:
    names: set[str] = set()
    chosen = []
    for task in latest:
        has_failed = task.status == tasks.FAILURE and task.task_name not in names
        if task.status not in tasks.FINISHED or (has_failed and _is_fresh(task)):
            chosen.append(task)
        names.add(task.task_name)
    return chosen


def _is_fresh(task: Task) -> bool:
    return now() - datetime.fromisoformat(task.created) < FAILURES_TOLD


def _task(task: Task) -> SyncedTask:
    return {
        "task_id": task.id,
        "task_name": task.task_name,
        "traceback": task.detail if task.status == tasks.FAILURE else None,
        "status": task.status,
        "progress": int(task.progress),
        "channel_id": task.channel_id,
    }
