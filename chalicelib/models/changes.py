"""Changes of channels and users, numbered in the order in which they are applied (docs/decisions/0011-sync.md).

| access pattern | key condition | used by |
| --- | --- | --- |
| changes after a revision | `owner`, `rev` > n | `POST /api/sync` |
| changes by revision | `owner`, `rev` (batches) | `POST /api/sync`: results of the caller's changes |
| the counter of a channel or user | `owner`, `rev` = 0 (batches) | accepting and applying changes |

An owner is the id of a channel, or "user:" and the id of a user for changes without a channel. Its counter stores the
`last` revision assigned, the revision up to which all changes are `done`, and the lease for applying changes (`LEASE`).
TTL deletes changes after half a year; what has expired is not shown before that. The counter of a channel that is
deleted for good expires as late, so that a new channel with its id continues the revisions.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.domain.storage.retention import CHANGES
from chalicelib.models import retention
from chalicelib.models.base import Table, find, now, transact, update_if
from chalicelib.models.leases import Lease, LeaseAttributes

Status = Literal["pending", "done", "failed"]  # as stored
PENDING: Final = "pending"
DONE: Final = "done"
FAILED: Final = "failed"
MAX_APPENDED = 90  # changes per transaction, which has at most 100 actions and 4 MB
MAX_RACES = 30  # conflicts in a row after which a change is given up


class Change(Table):
    class Meta:
        table_name = "changes"

    owner = UnicodeAttribute(hash_key=True)
    rev = NumberAttribute(range_key=True)  # from 1 on; 0 is the counter

    # attributes of a change
    type = NumberAttribute(null=True)  # schemas.sync.TYPES
    table = UnicodeAttribute(null=True)
    key = JSONAttribute(null=True)  # an id, or a pair of ids
    fields = JSONAttribute(null=True)  # mods, obj, target…, as sent
    channel_id = UnicodeAttribute(null=True)
    user_id = UnicodeAttribute(null=True)
    created_by_id = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)  # of the sender
    client_rev = NumberAttribute(null=True)  # by which the sender's client counts its changes; missing in older items
    unpublishable = BooleanAttribute(null=True)
    status = UnicodeAttribute(null=True)
    errors = JSONAttribute(null=True)  # sentences, or {field: sentences}
    expires = NumberAttribute(null=True)  # Unix time; TTL

    # attributes of a counter
    last = NumberAttribute(null=True)
    done = NumberAttribute(null=True)
    holder = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)  # Unix time in milliseconds
    tries = NumberAttribute(null=True)  # how many holders were lost at the first pending change


LEASE = LeaseAttributes(Change.holder, Change.until, per_second=1000, attempts=Change.tries)


@dataclass(frozen=True)
class Counter:
    """The counter of an owner and the lease for applying its changes, as read."""

    owner: str
    last: int = 0
    done: int = 0
    lease: Lease = field(default_factory=Lease)

    @property
    def has_pending(self) -> bool:
        return self.done < self.last

    @property
    def is_free(self) -> bool:
        """Whether the lease can be taken."""
        return LEASE.is_free(self.lease)

    @property
    def is_abandoned(self) -> bool:
        """Whether the lease has expired without being released, as its holder was killed."""
        return LEASE.is_abandoned(self.lease)


def owner_of_user(user_id: str) -> str:
    """The owner of changes of a user. As clients choose ids of channels, the two must differ in form."""
    return f"user:{user_id}"


def counter_key(owner: str) -> tuple[str, int]:
    """The key of an owner's counter, for batch reads."""
    return owner, 0


def counters_among(found: list[Change], owners: list[str]) -> dict[str, Counter]:
    """The counters of owners, found among items that were read; counters that do not exist are 0."""
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
    """Up to `limit` changes with higher revisions, in order, read when needed."""
    found = Change.query(owner, Change.rev > max(rev, 0), limit=limit, page_size=limit, consistent_read=True)
    return iter(found)


def has_expired(change: Change) -> bool:
    """Whether a change is no longer shown, though TTL has not deleted it yet."""
    return change.expires is not None and change.expires <= time.time()


def is_repeated(change: Change, mark: str | None) -> bool:
    """Whether a client sent a change again that it had sent as the one with this mark ("<owner>/<rev>"), as it got no
    answer. One read."""
    owner, _, rev = (mark or "").rpartition("/")
    earlier = find(Change, owner, int(rev)) if owner and change.client_rev is not None else None
    return earlier is not None and _sent_as(earlier) == _sent_as(change)


def _sent_as(change: Change) -> tuple[Any, ...]:
    return (change.created_by_id, change.session, change.client_rev, change.type, change.key)


def append(counter: Counter, made: list[Change], holder: str = "", seconds: float = 0) -> Counter | None:
    """Store at most `MAX_APPENDED` changes with the next revisions, which sets their `rev`. Returns the new counter.

    With `holder`, the lease is taken too. Returns None if the counter was changed since it was read.
    """
    number(counter, made)
    after_it = replace(counter, last=counter.last + len(made))
    actions = [Change.last.set(after_it.last), Change.expires.remove()]  # of an earlier channel with this id
    condition: Any = Change.last == counter.last  # holders of the lease may mark changes meanwhile
    if not counter.last:
        actions.append(Change.done.set(0))
    if holder or not counter.last:
        condition = _as_read(counter)
    if holder:
        after_it = replace(after_it, lease=LEASE.taken(counter.lease, holder, seconds))
        actions += LEASE.hold(after_it.lease)
    return None if _write(counter, actions, condition, made) else after_it


def take(counter: Counter, holder: str, seconds: float) -> Counter | None:
    """Take the lease, which must be free or expired. Returns None if it was changed since it was read."""
    taken = replace(counter, lease=LEASE.taken(counter.lease, holder, seconds))
    return taken if update_if(Change(counter.owner, 0), LEASE.hold(taken.lease), _as_read(counter)) else None


def renew(counter: Counter, seconds: float) -> bool:
    """Renew a lease. Returns False if it is no longer held."""
    return LEASE.renew(Change(counter.owner, 0), counter.lease, seconds) is not None


def mark(counter: Counter, change: Change, made: list[Change], seconds: float) -> Counter | None:
    """Store the result of a change (its `status` and `errors`), and further changes `made` by it, already applied.

    The lease is renewed for `seconds`, or released if this was the last change. Returns the new counter, or None if the
    counter was changed since it was read or the lease is no longer held.
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
    """Release the lease if nothing is pending. Returns False if new changes were stored meanwhile."""
    actions = [Change.done.set(counter.last), *LEASE.end()]
    as_read = LEASE.held_by(counter.lease.holder) & (Change.last == counter.last)
    return update_if(Change(counter.owner, 0), actions, as_read)


def give_back(counter: Counter) -> None:
    """Release the lease with changes pending, keeping the number of attempts at the first one."""
    LEASE.give_back(Change(counter.owner, 0), counter.lease)


def abandon(counter: Counter) -> None:
    """Make the lease expire now, as it is unknown whether the first pending change was applied."""
    LEASE.abandon(Change(counter.owner, 0), counter.lease)


def pause(attempt: int, took: float = 0.0) -> None:
    """Wait briefly before retrying after a conflict. The longer an attempt `took`, in seconds, the longer: of clients
    that try again at once, as many as write at the same time lose again."""
    time.sleep(random.uniform(0, max(0.005, took) * min(attempt + 1, 10)))  # noqa: S311 (jitter, not a secret)


def number(counter: Counter, made: list[Change]) -> None:
    """Set the owner, the next revisions after the counter, and the expiry of changes."""
    for rev, change in enumerate(made, counter.last + 1):
        change.owner, change.rev = counter.owner, rev
        change.expires = int((now() + retention.days(CHANGES)).timestamp())


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
