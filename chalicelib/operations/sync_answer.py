"""What a client that syncs is told: how its own changes ended, what others did, and what runs in the background."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from chalicelib.models import changes, tasks
from chalicelib.models.base import in_parallel, now, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.tasks import Task
from chalicelib.operations.sync_known import PUBLIC, Known

Row = dict[str, Any]
MOST_TOLD = 500  # changes an answer
MOST_BYTES = 2_500_000
MOST_READ = 1000  # changes that are read by their revisions
LATEST_TASKS = 20  # of a channel
FAILURES_TOLD = timedelta(days=1)
# Tables that are told of to those who edit a channel, and to its members: invitations hold addresses.
_EDITORS = frozenset({"invitation"})
_MEMBERS = frozenset({"editor_m2m", "viewer_m2m"})


def told(known: Known, revs: dict[str, int], own: dict[str, set[int]], unapplied: set[int]) -> Row:
    """`{changes, errors, successes}`.

    `revs` says from where on the client wants to be told what others did, by owner; `own` what it sent just now, and
    `unapplied` of which revisions it waits to hear. Of an owner nothing is told from the first pending change on, and
    nothing behind what does not fit any more: it comes next time.
    """
    owners = [owner for owner in dict.fromkeys([*revs, *own]) if owner in own or known.may_see(owner)]
    waited = {owner: own.get(owner, set()) | unapplied for owner in owners}
    counters, named = _named(known, waited, list(own))
    newer = [id for id in owners if id in revs and revs[id] < counters[id].last and known.may_see(id)]
    share = max(MOST_TOLD // len(newer), 1) if newer else 0
    pages = dict(zip(newer, in_parallel(lambda owner: _page(owner, revs[owner], share), newer), strict=True))
    answer: Row = {"changes": [], "errors": [], "successes": []}
    room = [MOST_TOLD, MOST_BYTES]
    for owner in owners:
        page, end = pages.get(owner, ([], None))
        every = {int(change.rev): change for change in chain(named.get(owner, []), page)}
        for rev in sorted(rev for rev in every if end is None or rev <= end):
            change = every[rev]
            if change.status == changes.PENDING or not _fits(room, change):
                break
            _put(answer, known, change, rev in waited[owner], rev > revs.get(owner, rev))
    return answer


def _page(owner: str, rev: int, limit: int) -> tuple[list[Change], int | None]:
    """Changes after a revision up to the first pending one; and behind which revision there may be more, if any."""
    found: list[Change] = []
    for change in changes.after(owner, rev, limit):
        if change.status == changes.PENDING:
            return found, int(change.rev) - 1
        found.append(change)
    return found, int(found[-1].rev) if len(found) == limit else None


def _named(
    known: Known, waited: dict[str, set[int]], changed: list[str]
) -> tuple[dict[str, Counter], dict[str, list[Change]]]:
    """(the counters, those of what was changed just now as they are by now; the changes that a client waits for, as
    far as it sent them itself). One batch read a hundred, none where there is nothing to look for."""
    keys = [(owner, rev) for owner, revs in waited.items() for rev in sorted(revs) if rev > 0]
    keys = [*map(changes.counter_key, changed), *keys[:MOST_READ]]
    found = read_many({Change: keys})[Change] if keys else []
    named: dict[str, list[Change]] = {}
    for change in found:
        if int(change.rev) and change.session == known.user.session:
            named.setdefault(change.owner, []).append(change)
    return known.counters | changes.counters_among(found, changed), named


def _fits(room: list[int], change: Change) -> bool:
    """Take the room that a change needs in the answer; says whether there was enough."""
    room[0] -= 1
    room[1] -= len(json.dumps([change.key, change.fields, change.errors], ensure_ascii=False).encode()) + 400
    return min(room) >= 0


def _put(answer: Row, known: Known, change: Change, is_waited: bool, is_new: bool) -> None:
    is_own = is_waited and change.session == known.user.session
    failed = change.status == changes.FAILED
    if is_own:
        answer["errors" if failed else "successes"].append(row_of(change))
    elif is_new and not failed and _is_told(known, change):
        answer["changes"].append(row_of(change, known.role(change.owner) == PUBLIC))


def _is_told(known: Known, change: Change) -> bool:
    if change.channel_id is None or change.channel_id != change.owner:
        return True
    role = known.role(change.channel_id)
    return not (
        (change.table in _EDITORS and not known.may_edit(change.channel_id))
        or (change.table in _MEMBERS and role == PUBLIC)
    )


def row_of(change: Change, is_stranger: bool = False) -> Row:
    """A change as clients read it. Who made it is told to members only."""
    return {
        "key": change.key,
        **change.fields,
        **({"errors": change.errors} if change.errors else {}),
        "server_rev": int(change.rev),
        "table": change.table,
        "type": int(change.type),
        "channel_id": change.channel_id,
        "user_id": change.user_id,
        "created_by_id": None if is_stranger else change.created_by_id,
        "unpublishable": bool(change.unpublishable),
    }


def running(known: Known, channel_ids: Iterable[str]) -> list[Row]:
    """Tasks of channels that run, or have failed lately without another try since; their members only see them."""
    wanted = [id for id in channel_ids if known.role(id) not in (None, PUBLIC)]
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


def _task(task: Task) -> Row:
    return {
        "task_id": task.id,
        "task_name": task.task_name,
        "traceback": task.detail if task.status == tasks.FAILURE else None,
        "status": task.status,
        "progress": int(task.progress),
        "channel_id": task.channel_id,
    }
