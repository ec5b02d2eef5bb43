"""Doing pending changes of one owner, in the order of their revisions, under its lease.

A request holds the lease for `LEASE` seconds and longer as long as it gets on; a worker renews it while it lives. Each
change is marked in one write with what must be told of it. A holder that vanishes leaves at most one change that may
be done and is not marked: whoever takes the lease after it does that one again, and knows that it does.
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
from chalicelib.operations.sync.effects import EFFECTS, emitted_for_node, is_large, is_made
from chalicelib.schemas.sync import COPIED, CREATED, DELETED, DEPLOYED
from chalicelib.telemetry import count, log

LEASE = 30  # seconds; a request is ended after 29
RENEWAL = 10  # seconds
MAX_TRIES = 5  # of a change at which holders vanish
PAGE = 100  # changes that are read at once
WORKER = "worker-"  # how names of holders begin that come again by themselves
OUR_FAULT = "This could not be done. It is our fault; the log knows more. Send it once more, or report it."


@dataclass
class Budget:
    """How much one request, or one message, does at most."""

    changes: int
    ends: float  # time.monotonic()
    is_worker: bool = False
    sender: Identity | None = None  # whose rights need not be read again

    @property
    def is_used_up(self) -> bool:
        return self.changes <= 0 or time.monotonic() >= self.ends


def of_request(user: Identity) -> Budget:
    """What a request does itself."""
    return Budget(changes=100, ends=time.monotonic() + 10, sender=user)


def apply_changes(owner: str) -> None:
    """Do what is pending of an owner: the job of the maintenance queue. What is too much for one message follows.

    Raises Busy where another holds the lease, or others change the same channel all the time.
    """
    counter = changes.counter_of(owner)
    if not counter.has_pending:
        return
    if not counter.is_free:
        raise Busy(f"Another does the changes of {owner}.", retry_after=5)
    taken = changes.take(counter, WORKER + new_id(), LEASE)
    if taken is None:
        raise Busy(f"Another has just begun with the changes of {owner}.")
    budget = Budget(changes=1000, ends=time.monotonic() + 300, is_worker=True)
    with kept_alive(lambda: changes.renew(taken, LEASE), RENEWAL):
        run(taken, budget)


def leave_to_queue(owner: str, delay: int = 0) -> None:
    """Let a worker do what is pending."""
    queues.send_maintenance(jobs.APPLY_CHANGES.message(owner=owner), delay=delay)


def run(counter: Counter, budget: Budget, pending: Sequence[Change] = ()) -> None:
    """Do pending changes under a lease that was taken, until there are none, or the budget is used up.

    `pending` are the first of them, where they are known. What is left goes to the queue. Raises Busy only for
    workers. Where a service does not answer, the lease runs out at once, and the error is raised.
    """
    try:
        _run(counter, budget, pending)
    except Busy:
        changes.give_back(counter)
        if budget.is_worker:
            raise
        leave_to_queue(counter.owner, delay=1)
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
                leave_to_queue(counter.owner)
                changes.give_back(counter)
                return
            current = _do(current, change, budget)
            budget.changes -= 1
        if not waiting and current:
            if len(page) < PAGE and changes.finish(current):
                return
            current = _again(current, int(page[-1].rev) if page else 0)


def _again(counter: Counter, seen: int = 0) -> Counter | None:
    """The counter as it is now, where the lease is still the holder's. Up to `seen`, nothing is pending."""
    current = changes.counter_of(counter.owner)
    return replace(current, done=max(current.done, seen)) if current.lease.holder == counter.lease.holder else None


def _do(counter: Counter, change: Change, budget: Budget) -> Counter | None:
    """Do one change and mark it. Returns the counter after it; None where somebody else has the lease."""
    told = _outcome(change, counter.lease.attempts, budget.sender)
    current: Counter | None = counter
    for attempt in range(changes.MAX_RACES):
        if current is None:
            return None
        marked = changes.mark(current, change, told, LEASE)
        if marked:
            return marked
        changes.pause(attempt)
        current = _again(current)
    raise TimeoutError(f"Marking a change of {counter.owner} lost {changes.MAX_RACES} races in a row.")


def _outcome(change: Change, tries: int, sender: Identity | None) -> list[Change]:
    """Do a change, and note on it how it ended. Returns what is to be told beside it."""
    told: list[Change] | None = None
    try:
        if tries >= MAX_TRIES:
            change.errors = [OUR_FAULT]
        else:
            told = _effect(change, tries, sender)
    except Busy:
        raise
    except ValidationFailed as error:
        change.errors = error.fields
    except StudioError as error:
        change.errors = [error.detail]
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception("a change could not be done")
        count("Faults")
        change.errors = [OUR_FAULT]
    change.status = changes.FAILED if change.errors else changes.DONE
    return told or []


def _effect(change: Change, tries: int, sender: Identity | None) -> list[Change] | None:
    user = _user_of(change, sender)
    try:
        return EFFECTS[change.table, int(change.type)](user, change)
    except Superseded as error:
        raise Busy(error.detail) from error  # another copies to the same key just now
    except StudioError as error:
        if _is_to_come(change):
            raise Busy(f"Channel {change.channel_id} is not made yet.", retry_after=5) from error
        if not tries or not isinstance(error, _good_news(change)):
            raise
        if change.table != "contentnode":
            return None
        if not is_made(change):
            raise
        return emitted_for_node(user, change)


def _is_to_come(change: Change) -> bool:
    """Whether the channel of a change is made by a change of its sender's that is not done yet."""
    if change.channel_id != change.owner or channels.get(change.owner) is not None:
        return False
    return changes.counter_of(changes.owner_of_user(change.created_by_id)).has_pending


def _good_news(change: Change) -> tuple[type[StudioError], ...]:
    """What says that a change is done, where it may have been done before: "there is one already", "there is none"."""
    if change.table == "invitation":  # it is decided
        return (Conflict,)
    if change.table == "contentnode" and change.type == DELETED:  # it lies in the trash then
        return ()
    return _GOOD_NEWS.get(int(change.type), ())


_GOOD_NEWS: dict[int, tuple[type[StudioError], ...]] = {
    CREATED: (Conflict,),
    COPIED: (Conflict,),
    DELETED: (NotFound,),
    DEPLOYED: (Conflict,),
}


def _user_of(change: Change, sender: Identity | None) -> Identity:
    """Whoever sent a change, with the rights that they have now. One read, where it is not the one who asks.

    Raises NotFound where there is none any more, or they were shut out.
    """
    if sender and sender.user_id == change.created_by_id:
        return sender
    user = users.get(change.created_by_id)
    if user is None or not user.is_active:
        raise NotFound("The account that sent this is not active any more.")
    return Identity(
        user.id, user.email or "", user.first_name, user.last_name, bool(user.is_admin), change.session or ""
    )
