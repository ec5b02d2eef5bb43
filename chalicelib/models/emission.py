"""Changes of feeds, written in the transaction of the data that they describe.

A feed is the changes of one owner in `models.changes`. Its counter is read along with the data for the write, and the
transaction increments it on condition that it is unchanged. So data and change are written together or not at all, and
changes are in the order of the writes. After a conflict, callers read again and retry.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pynamodb.transactions import TransactWrite

from chalicelib.models.changes import Change, Counter, number

MIN_ACTIONS = 2  # in a transaction that emits: the change and the counter


@dataclass(frozen=True)
class Emission:
    """Changes for one feed that are applied by the same transaction, and the feed's counter as read."""

    counter: Counter
    changes: list[Change]


def actions(emissions: Iterable[Emission]) -> int:
    """The number of actions that emissions add to a transaction."""
    return sum(len(emission.changes) + 1 for emission in emissions)


def emit(transaction: TransactWrite, emissions: Iterable[Emission]) -> None:
    """Add changes and incremented counters to a transaction, and set the revisions of the changes.

    The transaction fails if a counter was changed since it was read. Pending changes of the same feed and the holder of
    its lease are not affected.
    """
    for counter, made in ((emission.counter, emission.changes) for emission in emissions):
        number(counter, made)
        for change in made:
            transaction.save(change)
        last = counter.last + len(made)
        raised: list[Any] = [Change.last.set(last), Change.expires.remove()]  # of an earlier channel with this id
        if not counter.has_pending:
            raised.append(Change.done.set(last))
        transaction.update(Change(counter.owner, 0), raised, condition=_as_read(counter))


def _as_read(counter: Counter) -> Any:
    """The condition on the last revision and on whether changes are pending. Progress of the lease's holder is no
    conflict."""
    if not counter.last:
        return Change.owner.does_not_exist()
    done = Change.done < counter.last if counter.has_pending else Change.done == counter.last
    return (Change.last == counter.last) & done
