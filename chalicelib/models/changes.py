"""Changes of channels and of users, numbered in the order in which they are done (docs/decisions/0011-sync.md).

| access pattern | key condition | used by |
| --- | --- | --- |
| what changed after a revision | `owner`, `rev` > n | `POST /api/sync` |
| changes by their revisions | `owner`, `rev` (batches) | `POST /api/sync`: how one's own changes ended |
| the counter of a channel or user | `owner`, `rev` = 0 (batches) | accepting and doing changes |

An owner is the id of a channel, or "user:" and the id of a user for what belongs to no channel. Its counter knows the
`last` revision given, up to which revision all is `done`, and the lease of whoever does changes (`LEASE`).
Changes are forgotten (TTL) half a year after they were made, counters never.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Literal

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.models.base import Table, find, now, transact, update_if
from chalicelib.models.leases import Lease, LeaseAttributes

Status = Literal["pending", "done", "failed"]  # as it is stored
PENDING: Final = "pending"
DONE: Final = "done"
FAILED: Final = "failed"
RETENTION = timedelta(days=182)
MAX_APPENDED = 90  # changes at once: a transaction of DynamoDB has 100 actions, and 4 MB
MAX_RACES = 30  # lost in a row before a change is given up


class Change(Table):
    class Meta:
        table_name = "changes"

    owner = UnicodeAttribute(hash_key=True)
    rev = NumberAttribute(range_key=True)  # from 1 on; 0 is the counter

    # of a change
    type = NumberAttribute(null=True)  # schemas.sync.TYPES
    table = UnicodeAttribute(null=True)
    key = JSONAttribute(null=True)  # an id, or a pair of ids
    fields = JSONAttribute(null=True)  # mods, obj, target…, as they were sent
    channel_id = UnicodeAttribute(null=True)
    user_id = UnicodeAttribute(null=True)
    created_by_id = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)  # of whoever sent it
    unpublishable = BooleanAttribute(null=True)
    status = UnicodeAttribute(null=True)
    errors = JSONAttribute(null=True)  # sentences, or {field: sentences}
    expires = NumberAttribute(null=True)  # Unix time; TTL

    # of the counter
    last = NumberAttribute(null=True)
    done = NumberAttribute(null=True)
    holder = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)  # Unix time in milliseconds
    tries = NumberAttribute(null=True)  # how often a holder has gone without a word, at the first change not done


LEASE = LeaseAttributes(Change.holder, Change.until, per_second=1000, attempts=Change.tries)


@dataclass(frozen=True)
class Counter:
    """The counter of an owner, and the lease on doing its changes, as they were read."""

    owner: str
    last: int = 0
    done: int = 0
    lease: Lease = field(default_factory=Lease)

    @property
    def has_pending(self) -> bool:
        return self.done < self.last

    @property
    def is_free(self) -> bool:
        """Whether anybody may take the lease."""
        return LEASE.is_free(self.lease)

    @property
    def is_abandoned(self) -> bool:
        """Whether the lease has run out and was not given back: its holder was killed."""
        return LEASE.is_abandoned(self.lease)


def owner_of_user(user_id: str) -> str:
    """The owner of what belongs to a user. Ids of channels are chosen by clients, so the two must differ in form."""
    return f"user:{user_id}"


def counter_key(owner: str) -> tuple[str, int]:
    """The key of an owner's counter, for reads of several things at once."""
    return owner, 0


def counters_among(found: list[Change], owners: list[str]) -> dict[str, Counter]:
    """The counters of owners; those that nothing was ever written for are at 0. `found` are items read."""
    known = {item.owner: item for item in found if int(item.rev) == 0}
    return {owner: _counter(owner, known.get(owner)) for owner in owners}


def counter_of(owner: str) -> Counter:
    """The counter of one owner."""
    return _counter(owner, find(Change, owner, 0))


def _counter(owner: str, item: Change | None) -> Counter:
    if item is None:
        return Counter(owner)
    return Counter(owner, int(item.last or 0), int(item.done or 0), LEASE.of(item))


def after(owner: str, rev: int, limit: int) -> Iterator[Change]:
    """Changes with higher revisions in their order, at most `limit`, read as they are taken."""
    return iter(Change.query(owner, Change.rev > max(rev, 0), limit=limit, page_size=limit, consistent_read=True))


def append(counter: Counter, made: list[Change], holder: str = "", seconds: float = 0) -> Counter | None:
    """Write changes down with the next revisions, at most `MAX_APPENDED`. Returns the counter after it.

    They get their `rev` here. With `holder`, the lease is taken too. None where the counter is not as it was read.
    """
    number(counter, made)
    after_it = replace(counter, last=counter.last + len(made))
    actions = [Change.last.set(after_it.last)]
    condition: Any = Change.last == counter.last  # holders may mark changes meanwhile
    if not counter.last:
        actions.append(Change.done.set(0))
    if holder or not counter.last:
        condition = _as_read(counter)
    if holder:
        after_it = replace(after_it, lease=LEASE.taken(counter.lease, holder, seconds))
        actions += LEASE.hold(after_it.lease)
    return None if _write(counter, actions, condition, made) else after_it


def take(counter: Counter, holder: str, seconds: float) -> Counter | None:
    """Take the lease as it was read: free, or run out. None where it is not so any more."""
    taken = replace(counter, lease=LEASE.taken(counter.lease, holder, seconds))
    return taken if update_if(Change(counter.owner, 0), LEASE.hold(taken.lease), _as_read(counter)) else None


def renew(counter: Counter, seconds: float) -> bool:
    """Hold a lease for longer; says whether it is still held."""
    return LEASE.renew(Change(counter.owner, 0), counter.lease, seconds) is not None


def mark(counter: Counter, change: Change, made: list[Change], seconds: float) -> Counter | None:
    """Note how a change ended (its `status` and `errors`), with further changes `made` by it that are done.

    The lease is held for `seconds` more, and given back where this was the last change. Returns the counter after it;
    None where it is not as it was read, or the lease is not the holder's any more.
    """
    number(counter, made)
    last, rev = counter.last + len(made), int(change.rev)
    is_last = rev == counter.last
    lease = Lease() if is_last else LEASE.renewed(Lease(counter.lease.holder), seconds)
    after_it = replace(counter, last=last, done=last if is_last else rev, lease=lease)
    actions = [Change.last.set(last), Change.done.set(after_it.done)]
    actions += LEASE.end() if is_last else LEASE.hold(lease)
    ended = [Change.status.set(change.status), *([Change.errors.set(change.errors)] if change.errors else [])]
    as_read = LEASE.held_by(counter.lease.holder) & (Change.last == counter.last)
    return None if _write(counter, actions, as_read, made, (change, ended)) else after_it


def finish(counter: Counter) -> bool:
    """Give the lease back where nothing is pending any more; False where something has come meanwhile."""
    actions = [Change.done.set(counter.last), *LEASE.end()]
    as_read = LEASE.held_by(counter.lease.holder) & (Change.last == counter.last)
    return update_if(Change(counter.owner, 0), actions, as_read)


def give_back(counter: Counter) -> None:
    """Give the lease back with something pending; what is known of the first of it stays known."""
    LEASE.give_back(Change(counter.owner, 0), counter.lease)


def abandon(counter: Counter) -> None:
    """Let the lease run out at once: nobody knows whether the first pending change was done."""
    LEASE.abandon(Change(counter.owner, 0), counter.lease)


def pause(attempt: int) -> None:
    """Wait a moment before a lost race is run again."""
    time.sleep(random.uniform(0, 0.005 * min(attempt + 1, 10)))  # noqa: S311 - jitter, not a secret


def number(counter: Counter, made: list[Change]) -> None:
    """Give changes their owner, the next revisions after the counter, and when they are forgotten."""
    for rev, change in enumerate(made, counter.last + 1):
        change.owner, change.rev = counter.owner, rev
        change.expires = int((now() + RETENTION).timestamp())


def _as_read(counter: Counter) -> Any:
    if not counter.last:
        return Change.owner.does_not_exist()
    return (Change.last == counter.last) & (Change.done == counter.done) & LEASE.as_found(counter.lease)


def _write(
    counter: Counter,
    actions: list[Any],
    condition: Any,
    made: list[Change],
    ended: tuple[Change, list[Any]] | None = None,
) -> list[str | None]:
    def fill(transaction: TransactWrite) -> None:
        for change in made:
            transaction.save(change)
        transaction.update(Change(counter.owner, 0), actions, condition=condition)
        if ended:
            change, marks = ended
            transaction.update(Change(change.owner, int(change.rev)), marks, condition=Change.owner.exists())

    return transact(fill)
