"""Leases: the right of one holder at a time to work on an item, until its time is up.

A holder renews its lease while it works and gives it back at the end. One that vanishes leaves it behind: when its
time is up another takes it, and the attempt is counted. A lease is stored in attributes of the item that it guards.
`LeaseAttributes` names them and gives the conditions and actions of every step, so that a step can be part of a larger
update or transaction.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition

from chalicelib.models.base import Table, update_if
from chalicelib.telemetry import log


@dataclass(frozen=True)
class Lease:
    """A lease as it was read or written. `holder` is "" where nobody has it; `until` is Unix time, in the unit of its
    table; `attempts` counts the holders that vanished since the last success."""

    holder: str = ""
    until: int = 0
    attempts: int = 0


@dataclass(frozen=True, eq=False)
class LeaseAttributes:
    """Where a table stores a lease: its holder, the end of its time in units of which a second has `per_second`, and
    the number of attempts where they are counted."""

    holder: UnicodeAttribute
    until: NumberAttribute
    per_second: int
    attempts: Any = None  # a NumberAttribute, if any; mypy cannot tell an optional descriptor from its value

    # ---- values ----

    def clock(self) -> int:
        """Now, in the unit of `until`."""
        return int(time.time() * self.per_second)

    def of(self, item: Table) -> Lease:
        """The lease on an item that was read."""
        attempts = getattr(item, self.attempts.attr_name) if self.attempts else 0
        holder, until = getattr(item, self.holder.attr_name), getattr(item, self.until.attr_name)
        return Lease(holder or "", int(until or 0), int(attempts or 0))

    def is_free(self, lease: Lease) -> bool:
        """Whether anyone may take it: it was given back, or its time is up."""
        return lease.until < self.clock()

    def is_abandoned(self, lease: Lease) -> bool:
        """Whether its time is up though it was not given back: its holder has vanished."""
        return bool(lease.holder) and self.is_free(lease)

    def seconds_left(self, lease: Lease) -> int:
        """How long it still is until anyone may take it."""
        return (lease.until - self.clock()) // self.per_second

    def taken(self, found: Lease, holder: str, seconds: float) -> Lease:
        """The lease once this holder has taken it from the state in which it was found. A holder that did not give
        it back counts as an attempt."""
        attempts = found.attempts + bool(found.holder) if self.attempts else 0
        return self.renewed(Lease(holder, attempts=attempts), seconds)

    def renewed(self, lease: Lease, seconds: float) -> Lease:
        """The same lease, for `seconds` from now on."""
        return replace(lease, until=self.clock() + int(seconds * self.per_second))

    # ---- conditions ----

    def free(self) -> Condition:
        """Nobody has the lease now."""
        condition: Condition = self.until.does_not_exist() | (self.until < self.clock())
        return condition

    def as_found(self, lease: Lease) -> Condition:
        """Nothing has happened to the lease since it was read. Where attempts are counted, it is taken under this
        condition, so that none is counted twice or not at all."""
        if lease.holder:
            held: Condition = (self.holder == lease.holder) & (self.until == lease.until)
            return held
        given_back: Condition = self.holder.does_not_exist()
        return given_back & self._counted(lease.attempts) if self.attempts else given_back

    def _counted(self, attempts: int) -> Condition:
        condition: Condition = self.attempts == attempts
        return condition if attempts else condition | self.attempts.does_not_exist()

    def held_by(self, holder: str) -> Condition:
        """This holder has the lease. Its time may be up, as long as no other has taken it."""
        condition: Condition = self.holder == holder
        return condition

    # ---- actions ----

    def hold(self, lease: Lease) -> list[Any]:
        """Write a lease that was taken or renewed."""
        counted = [self.attempts.set(lease.attempts)] if self.attempts else []
        return [self.holder.set(lease.holder), self.until.set(lease.until), *counted]

    def release(self) -> list[Any]:
        """Give it back before the work is done: the attempts stay counted."""
        return [self.holder.remove(), self.until.remove()]

    def end(self) -> list[Any]:
        """Give it back when the work is done: the next one starts at no attempts."""
        return [*self.release(), *([self.attempts.remove()] if self.attempts else [])]

    # ---- steps that stand alone ----

    def renew(self, item: Table, lease: Lease, seconds: float) -> Lease | None:
        """Extend a lease on the item with this key. None where it is not its holder's any more."""
        renewed = self.renewed(lease, seconds)
        return renewed if update_if(item, [self.until.set(renewed.until)], self.held_by(lease.holder)) else None

    def give_back(self, item: Table, lease: Lease) -> None:
        """`release` a lease on the item with this key, if it is still its holder's."""
        update_if(item, self.release(), self.held_by(lease.holder))

    def abandon(self, item: Table, lease: Lease) -> None:
        """Let a lease run out at once, if it is still its holder's: the next one counts an attempt."""
        update_if(item, [self.until.set(0)], self.held_by(lease.holder))


@contextmanager
def kept_alive(renew: Callable[[], bool], every: float) -> Iterator[None]:
    """Call `renew` every so many seconds while the block runs, until it returns False.

    So a lease may be short, and ends soon after its holder was killed. A call that fails is tried again next time.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_renew, args=(renew, every, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew(renew: Callable[[], bool], every: float, stop: threading.Event) -> None:
    while not stop.wait(every):
        try:
            if not renew():
                return
        except PynamoDBException:
            log.exception("a lease could not be renewed")
