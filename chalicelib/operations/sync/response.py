"""The response to a sync client: results of its own changes, changes of others, and background tasks."""

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
from chalicelib.operations.sync.context import SyncContext
from chalicelib.schemas.responses.sync import FailedChange, SyncedChange, SyncedTask

Row = Mapping[str, object]
Section = Literal["changes", "errors", "successes"]
MAX_RETURNED = 500  # changes per response
MAX_RETURNED_BYTES = 2_500_000  # bytes of these changes
MAX_RESPONSE_BYTES = 4_500_000  # bytes: Lambda responses hold at most 6 MB; one change always fits
MAX_READ = 1000  # changes read by revision
LATEST_TASKS = 20  # per channel
FAILURES_SHOWN = timedelta(days=1)
# Sent to editors of the channel only: tables (invitations hold e-mail addresses) and fields of channels.
_EDITORS = frozenset({"invitation"})
_SECRETS = frozenset({"draft_token", "primary_token"})


class Answer(TypedDict):
    """The applied changes in the response of `sync`."""

    changes: list[SyncedChange]
    errors: list[FailedChange]
    successes: list[SyncedChange]


def collect(
    context: SyncContext, revs: dict[str, int], own: dict[str, set[int]], unapplied: set[int], used: int = 0
) -> Answer:
    """Collect `{changes, errors, successes}`.

    `revs` holds the last revision that the client knows, by owner; `own` the revisions it has just sent; `unapplied`
    the revisions whose results it awaits; `used` the bytes of the rest of the response. The changes of an owner end
    before the first pending one, or at the first that does not fit: the next request returns the rest. At least one
    change always fits.
    """
    owners = [owner for owner in dict.fromkeys([*revs, *own]) if owner in own or context.may_see(owner)]
    awaited = {owner: own.get(owner, set()) | unapplied for owner in owners}
    counters, awaited_changes = _read_awaited(context, awaited, list(own))
    newer = [id for id in owners if id in revs and revs[id] < counters[id].last and context.may_see(id)]
    share = max(MAX_RETURNED // len(newer), 1) if newer else 0
    pages = dict(
        zip(newer, in_parallel(lambda id: _page(context, id, revs[id], share, awaited[id]), newer), strict=True)
    )
    answer: dict[Section, list[SyncedChange]] = {"changes": [], "errors": [], "successes": []}
    remaining = [MAX_RETURNED, min(MAX_RETURNED_BYTES, MAX_RESPONSE_BYTES - used)]
    for owner in owners:
        page, end = pages.get(owner, ([], None))
        every = {int(change.rev): change for change in chain(awaited_changes.get(owner, []), page)}
        for rev in sorted(rev for rev in every if end is None or rev <= end):
            change = every[rev]
            if change.status == changes.PENDING:
                break
            section = _section(context, change, rev in awaited[owner], rev > revs.get(owner, rev))
            row = row_of(change, context.may_edit(owner))
            if section and not _fits(remaining, row) and any(answer.values()):
                break
            if section:
                answer[section].append(row)
    return cast(Answer, answer)


def _page(context: SyncContext, owner: str, rev: int, limit: int, awaited: set[int]) -> tuple[list[Change], int | None]:
    """Return the changes after a revision up to the first pending one, and the revision after which more may follow, or
    None.

    Changes that the client may not see are skipped, and reading continues; otherwise it would request the same page
    forever.
    """
    found: list[Change] = []
    while True:
        read = list(changes.after(owner, rev, limit))
        for change in read:
            if change.status == changes.PENDING:
                return found, int(change.rev) - 1
            if _section(context, change, int(change.rev) in awaited, True):
                found.append(change)
        if len(read) < limit:
            return found, None
        rev = int(read[-1].rev)
        if found:
            return found, rev
        limit = MAX_RETURNED


def _read_awaited(
    context: SyncContext, awaited: dict[str, set[int]], changed: list[str]
) -> tuple[dict[str, Counter], dict[str, list[Change]]]:
    """Return (the counters, read again for the owners in `changed`; the awaited changes that the client itself sent, by
    owner). One batch read per 100, none if there is nothing to read."""
    keys = [(owner, rev) for owner, revs in awaited.items() for rev in sorted(revs) if rev > 0]
    keys = [*map(changes.counter_key, changed), *keys[:MAX_READ]]
    found = read_many({Change: keys})[Change] if keys else []
    awaited_changes: dict[str, list[Change]] = {}
    for change in found:
        if int(change.rev) and change.session == context.user.session:
            awaited_changes.setdefault(change.owner, []).append(change)
    return context.counters | changes.counters_among(found, changed), awaited_changes


def _fits(remaining: list[int], row: Row) -> bool:
    """Reserve the space of a change in the response; returns whether it fits."""
    remaining[0] -= 1
    remaining[1] -= size_of(row)
    return min(remaining) >= 0


def size_of(row: Row) -> int:
    """Return the bytes of a row in a response: Lambda encodes the response text as JSON again, in ASCII."""
    return len(json.dumps(jsontext.dumps(row)))


def _section(context: SyncContext, change: Change, is_awaited: bool, is_new: bool) -> Section | None:
    """Return the section of the response that a change belongs to, or None."""
    if changes.has_expired(change):
        return None
    failed = change.status == changes.FAILED
    if is_awaited and change.session == context.user.session:
        return "errors" if failed else "successes"
    return "changes" if is_new and not failed and _is_visible(context, change) else None


def _is_visible(context: SyncContext, change: Change) -> bool:
    """Whether the client may see another user's change: only editors see secrets and changes that hold only these."""
    if change.channel_id is None or change.channel_id != change.owner or context.may_edit(change.channel_id):
        return True
    mods = change.fields.get("mods")
    return change.table not in _EDITORS and not (change.table == "channel" and mods and mods.keys() <= _SECRETS)


def row_of(change: Change, is_editor: bool = True) -> SyncedChange:
    """Return a change in its response form; only editors of a channel see its tokens."""
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


def running(context: SyncContext, channel_ids: Iterable[str]) -> list[SyncedTask]:
    """Return the running and recently failed tasks of channels, without failures that were retried. Members only."""
    wanted = [id for id in channel_ids if context.may_see(id)]
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
    return now() - datetime.fromisoformat(task.created) < FAILURES_SHOWN


def _task(task: Task) -> SyncedTask:
    return {
        "task_id": task.id,
        "task_name": task.task_name,
        "traceback": task.detail if task.status == tasks.FAILURE else None,
        "status": task.status,
        "progress": int(task.progress),
        "channel_id": task.channel_id,
    }
