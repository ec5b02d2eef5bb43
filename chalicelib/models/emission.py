"""Changes of feeds that are written in the transaction of the data which they describe.

A feed is what `models.changes` holds of one owner. The counter of the feed is read with what decides the write; the
transaction raises it on condition that it is as it was read. So data and change are both there or neither is, and
changes have the order of the writes. A lost race is tried again with a new read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pynamodb.transactions import TransactWrite

from chalicelib.models.changes import Change, Counter, number


@dataclass(frozen=True)
class Emission:
    """Changes for one feed, whose writes are done with this transaction, and its counter as it was read."""

    counter: Counter
    changes: list[Change]


def actions(emissions: Iterable[Emission]) -> int:
    """How many things of a transaction they are."""
    return sum(len(emission.changes) + 1 for emission in emissions)


def emit(transaction: TransactWrite, emissions: Iterable[Emission]) -> None:
    """Add the changes and the raised counters to a transaction. The changes get their revisions here.

    It is refused where a counter is not as it was read. Changes of the same feed that are still pending stay so, and
    whoever holds its lease keeps it.
    """
    for counter, made in ((emission.counter, emission.changes) for emission in emissions):
        number(counter, made)
        for change in made:
            transaction.save(change)
        last = counter.last + len(made)
        raised: list[Any] = [Change.last.set(last)]
        if not counter.has_pending:
            raised.append(Change.done.set(last))
        transaction.update(Change(counter.owner, 0), raised, condition=_as_read(counter))


def _as_read(counter: Counter) -> Any:
    """The same last revision, and something pending or not. What the holder of the lease does meanwhile is no race."""
    if not counter.last:
        return Change.owner.does_not_exist()
    done = Change.done < counter.last if counter.has_pending else Change.done == counter.last
    return (Change.last == counter.last) & done
