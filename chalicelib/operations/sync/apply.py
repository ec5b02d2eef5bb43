"""Apply the pending changes of one owner in the order of their revisions, under the owner's lease.

A request holds the lease for `LEASE` seconds, extended with each change; a worker renews it while it runs. One write
marks a change and emits what follows from it. A holder that crashes leaves at most one change that may be applied but
not marked: the next holder applies it again, aware that it is a retry.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.aws import queues
from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain import jobs
from chalicelib.domain.ids import new_id
from chalicelib.errors import Busy, Conflict, NotFound, StudioError, Superseded, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, channels, users
from chalicelib.models.changes import Change, Counter
from chalicelib.models.leases import kept_alive
from chalicelib.operations.sync import effects
from chalicelib.operations.sync.effects import is_large, server_values, was_created
from chalicelib.schemas.sync import COPIED, CREATED, DELETED, DEPLOYED
from chalicelib.telemetry import count, log

LEASE = 30  # seconds; a request is ended after 29
RENEWAL = 10  # seconds
MAX_TRIES = 5  # attempts at a change whose holders crash
PAGE = 100  # changes per read
WORKER = "worker-"  # prefix of holders whose message is redelivered after a crash
INTERNAL_ERROR = "Internal error: the change was not applied. Send it again, or report the problem."


@dataclass
class Budget:
    """The maximum work of one request or one message."""

    changes: int
    ends: float  # time.monotonic()
    is_worker: bool = False
    sender: Identity | None = None  # its rights are already known

    @property
    def is_used_up(self) -> bool:
        return self.changes <= 0 or time.monotonic() >= self.ends


def of_request(user: Identity) -> Budget:
    """Return the budget of a request."""
    return Budget(changes=100, ends=time.monotonic() + 10, sender=user)


def apply_changes(owner: str) -> None:
    """Apply the pending changes of an owner: a job of the maintenance queue. If they exceed the budget of one message,
    another message follows.

    Raises Busy if another process holds the lease, or after too many lost races.
    """
    counter = changes.counter_of(owner)
    if not counter.has_pending:
        return
    if not counter.is_free:
        raise Busy(f"Another process is applying the changes of {owner}.", retry_after=5)
    taken = changes.take(counter, WORKER + new_id(), LEASE)
    if taken is None:
        raise Busy(f"Another process has just started to apply the changes of {owner}.")
    budget = Budget(changes=1000, ends=time.monotonic() + 300, is_worker=True)
    with kept_alive(lambda: changes.renew(taken, LEASE), RENEWAL):
        run(taken, budget)


def enqueue(owner: str, delay: int = 0) -> None:
    """Queue the pending changes of an owner for a worker."""
    queues.send_maintenance(jobs.APPLY_CHANGES.message(owner=owner), delay=delay)


def run(counter: Counter, budget: Budget, pending: Sequence[Change] = ()) -> None:
    """Apply pending changes under a taken lease until none is left or the budget is used up.

    `pending` are the first of them, if already read. The rest goes to the queue. Raises Busy only for workers. If a
    service does not respond, the lease expires immediately and the error is raised.
    """
    try:
        _run(counter, budget, pending)
    except Busy:
        if not budget.is_worker:
            enqueue(counter.owner, delay=1)
        changes.give_back(counter)
        if budget.is_worker:
            raise
    except BaseException:
        changes.abandon(counter)
        raise


def _run(counter: Counter, budget: Budget, pending: Sequence[Change]) -> None:
    current: Counter | None = counter
    while current and current.lease.holder:
        page = list(pending or changes.after(current.owner, current.done, PAGE))
        pending = ()
        waiting = [change for change in page if change.status == changes.PENDING]
        for change in waiting:
            if current is None:
                return
            if budget.is_used_up or (not budget.is_worker and is_large(change)):
                _hand_over(counter)
                return
            current = _do(current, change, budget)
            budget.changes -= 1
        if not waiting and current:
            if len(page) < PAGE and changes.finish(current):
                return
            current = _reread(current, int(page[-1].rev) if page else 0)


def _hand_over(counter: Counter) -> None:
    """Leave the pending changes to a worker, which finds the lease released.

    The delayed message is for the case that this process is killed before it sends the other one.
    """
    enqueue(counter.owner, delay=LEASE)
    changes.give_back(counter)
    enqueue(counter.owner)


def _reread(counter: Counter, seen: int = 0) -> Counter | None:
    """Return the current counter if the holder still has the lease, else None. Nothing is pending up to `seen`."""
    current = changes.counter_of(counter.owner)
    return replace(current, done=max(current.done, seen)) if current.lease.holder == counter.lease.holder else None


def _do(counter: Counter, change: Change, budget: Budget) -> Counter | None:
    """Apply and mark one change. Returns the counter after it, or None if another process holds the lease."""
    emitted = _outcome(change, counter.lease.attempts, budget.sender)
    current: Counter | None = counter
    for attempt in range(changes.MAX_RACES):
        if current is None:
            return None
        marked = changes.mark(current, change, emitted, LEASE)
        if marked:
            return marked
        changes.pause(attempt)
        current = _reread(current)
    raise TimeoutError(f"Marking a change of {counter.owner} lost {changes.MAX_RACES} races in a row.")


def _outcome(change: Change, tries: int, sender: Identity | None) -> list[Change]:
    """Apply a change and set its status and errors. Returns the further changes to emit."""
    emitted: list[Change] | None = None
    try:
        if tries >= MAX_TRIES:
            change.errors = [INTERNAL_ERROR]
        else:
            emitted = _effect(change, tries, sender)
    except Busy:
        raise
    except ValidationFailed as error:
        change.errors = error.fields
    except StudioError as error:
        change.errors = [error.detail]
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception("a change could not be applied")
        count("Faults")
        change.errors = [INTERNAL_ERROR]
    change.status = changes.FAILED if change.errors else changes.DONE
    return emitted or []


def _effect(change: Change, tries: int, sender: Identity | None) -> list[Change] | None:
    user = _user_of(change, sender)
    try:
        return effects.apply(user, change)
    except Superseded as error:
        raise Busy(error.detail) from error  # another process is copying to the same key
    except StudioError as error:
        if _may_be_created(change):
            raise Busy(f"Channel {change.channel_id} is not created yet.", retry_after=5) from error
        if not tries or not isinstance(error, _errors_of_retry(change)):
            raise
        if change.table != "contentnode" or change.type == DELETED:
            return None
        if not was_created(change):
            raise
        return server_values(user, change)


def _may_be_created(change: Change) -> bool:
    """Whether a pending change of the sender may still create the channel of a change."""
    if change.channel_id != change.owner or channels.get(change.owner) is not None:
        return False
    return changes.counter_of(changes.owner_of_user(change.created_by_id)).has_pending


def _errors_of_retry(change: Change) -> tuple[type[StudioError], ...]:
    """Return the errors that, on a retry, mean that the change was already applied: it already exists, or no longer."""
    if change.table == "invitation":  # it was decided
        return (Conflict,)
    return _ERRORS_OF_RETRY.get(int(change.type), ())


_ERRORS_OF_RETRY: dict[int, tuple[type[StudioError], ...]] = {
    CREATED: (Conflict,),
    COPIED: (Conflict,),
    DELETED: (NotFound,),
    DEPLOYED: (Conflict,),
}


def _user_of(change: Change, sender: Identity | None) -> Identity:
    """Return the sender of a change with current rights. One read, unless the caller is the sender.

    Raises NotFound if the account was deleted or deactivated.
    """
    if sender and sender.user_id == change.created_by_id:
        return sender
    user = users.get(change.created_by_id)
    if user is None or not user.is_active:
        raise NotFound("The account that sent this change is no longer active.")
    return Identity(
        user.id, user.email or "", user.first_name, user.last_name, bool(user.is_admin), change.session or ""
    )
