"""Leases: one holder at a time may work on an item, until the lease expires.

A holder renews its lease while it works and releases it at the end. If a holder is killed, its lease expires, another
one takes it, and the attempt is counted. A lease is stored in attributes of the item that it protects.
`LeaseAttributes` refers to these and builds the conditions and actions of every step, so that a step can be part of a
larger update or transaction.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.models.base import Table, update_if
from chalicelib.telemetry import log


@dataclass(frozen=True)
class Lease:
    """A lease as read or written.

    `holder` is "" if it is free, `until` is Unix time in the table's unit, and `attempts` counts the holders whose
    leases expired since the last success.
    """

    holder: str = ""
    until: int = 0
    attempts: int = 0


@dataclass(frozen=True, eq=False)
class LeaseAttributes:
    """The attributes that store a lease: holder, expiry in units of 1/`per_second` s, and attempts if counted."""

    holder: UnicodeAttribute
    until: NumberAttribute
    per_second: int
    attempts: Any = None  # a NumberAttribute, if any; mypy cannot tell an optional descriptor from its value

    # ---- values ----

    def clock(self) -> int:
        """The current time in the unit of `until`."""
        return int(time.time() * self.per_second)

    def of(self, item: Table) -> Lease:
        """The lease of an item."""
        attempts = getattr(item, self.attempts.attr_name) if self.attempts else 0
        holder, until = getattr(item, self.holder.attr_name), getattr(item, self.until.attr_name)
        return Lease(holder or "", int(until or 0), int(attempts or 0))

    def is_free(self, lease: Lease) -> bool:
        """Whether a lease can be taken because it was released or has expired."""
        return lease.until < self.clock()

    def is_abandoned(self, lease: Lease) -> bool:
        """Whether a lease has expired without being released."""
        return bool(lease.holder) and self.is_free(lease)

    def seconds_left(self, lease: Lease) -> int:
        """The number of seconds until a lease expires."""
        return (lease.until - self.clock()) // self.per_second

    def taken(self, found: Lease, holder: str, seconds: float) -> Lease:
        """The lease after this holder has taken `found`. A previous holder that did not release it is an attempt."""
        attempts = found.attempts + bool(found.holder) if self.attempts else 0
        return self.renewed(Lease(holder, attempts=attempts), seconds)

    def renewed(self, lease: Lease, seconds: float) -> Lease:
        """The same lease, expiring in `seconds`."""
        return replace(lease, until=self.clock() + int(seconds * self.per_second))

    # ---- conditions ----

    def free(self) -> Condition:
        """The condition that the lease is free."""
        condition: Condition = self.until.does_not_exist() | (self.until < self.clock())
        return condition

    def as_found(self, lease: Lease) -> Condition:
        """The condition that the lease is unchanged since it was read.

        If attempts are counted, take the lease on this condition, so that every attempt is counted once.
        """
        if lease.holder:
            held: Condition = (self.holder == lease.holder) & (self.until == lease.until)
            return held
        given_back: Condition = self.holder.does_not_exist()
        return given_back & self._counted(lease.attempts) if self.attempts else given_back

    def _counted(self, attempts: int) -> Condition:
        condition: Condition = self.attempts == attempts
        return condition if attempts else condition | self.attempts.does_not_exist()

    def held_by(self, holder: str) -> Condition:
        """The condition that no other holder has taken the lease, even if it has expired."""
        condition: Condition = self.holder == holder
        return condition

    # ---- actions ----

    def hold(self, lease: Lease) -> list[Any]:
        """The actions that write a taken or renewed lease."""
        counted = [self.attempts.set(lease.attempts)] if self.attempts else []
        return [self.holder.set(lease.holder), self.until.set(lease.until), *counted]

    def release(self) -> list[Any]:
        """The actions that release the lease before the work is done, which keeps the attempts."""
        return [self.holder.remove(), self.until.remove()]

    def end(self) -> list[Any]:
        """The actions that release the lease after the work is done, which resets the attempts."""
        return [*self.release(), *([self.attempts.remove()] if self.attempts else [])]

    # ---- steps that stand alone ----

    def renew(self, item: Table, lease: Lease, seconds: float) -> Lease | None:
        """Renew the lease of the item with this key. Returns None if another holder has taken it."""
        renewed = self.renewed(lease, seconds)
        return renewed if update_if(item, [self.until.set(renewed.until)], self.held_by(lease.holder)) else None

    def give_back(self, item: Table, lease: Lease) -> None:
        """Release the lease of the item with this key, unless another holder has taken it."""
        update_if(item, self.release(), self.held_by(lease.holder))

    def abandon(self, item: Table, lease: Lease) -> None:
        """Make a lease expire now, unless another holder has taken it. The next holder counts an attempt."""
        update_if(item, [self.until.set(0)], self.held_by(lease.holder))


@contextmanager
def kept_alive(renew: Callable[[], bool], every: float) -> Iterator[None]:
    """Call `renew` every `every` seconds while the block runs, until it returns False.

    So a lease can be short, and expires soon after its holder was killed. A failed call is repeated next time.
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
        except UNAVAILABLE:
            log.exception("a lease could not be renewed")
