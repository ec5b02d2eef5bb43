"""Counters of what a user or an address does in a period, for limits per hour or day.

| access pattern | key condition | used by |
| --- | --- | --- |
| the count of one thing, for one user or address, in the current period | `key` | limits, lookups of tokens |

Every period has its own items; TTL deletes them. Addresses and names are stored as hashes only.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.domain.tokens import digest
from chalicelib.models.base import Table, find, now, update_if, write_many


class Counter(Table):
    class Meta:
        table_name = "counters"

    key = UnicodeAttribute(hash_key=True)  # "<what>#<hash of whom>#<length of the period>#<its number since 1970>"
    total = NumberAttribute(default=0)
    expires = NumberAttribute()  # seconds since 1970


@dataclass(frozen=True)
class Period:
    """The period of a counter. Periods of `seconds` follow each other since 1970, so one of a day is a day in UTC."""

    key: str
    ends: int  # seconds since 1970

    @property
    def seconds_left(self) -> int:
        """The number of seconds until it ends, at least 1."""
        return max(1, self.ends - int(now().timestamp()))


def current(what: str, who: str, seconds: int) -> Period:
    """The current period of this length for counting `what` is done by `who`, a user's id or an address."""
    number = int(now().timestamp()) // seconds
    return Period(f"{what}#{digest(who)}#{seconds}#{number}", (number + 1) * seconds)


def add(period: Period, by: int = 1) -> int:
    """Add to a counter and return its total. One write, whatever else counts at the same time."""
    counter = Counter(period.key)
    counter.update([Counter.total.add(by), Counter.expires.set(period.ends)])
    return int(counter.total)


def take(period: Period, limit: int, by: int = 1) -> bool:
    """Add to a counter unless its total would exceed `limit`. Returns whether it did. One write."""
    if by > limit:
        return False
    actions = [Counter.total.add(by), Counter.expires.set(period.ends)]
    return update_if(Counter(period.key), actions, Counter.key.does_not_exist() | (Counter.total <= limit - by))


def give_back(period: Period, by: int = 1) -> None:
    """Subtract what `add` or `take` added. A counter never falls below 0."""
    update_if(Counter(period.key), [Counter.total.add(-by)], Counter.total >= by)


def forget(periods: Iterable[Period]) -> None:
    """Delete counters."""
    write_many(deletes=[(Counter, period.key) for period in periods])


def total(period: Period) -> int:
    """The total of a counter. One read."""
    counter = find(Counter, period.key)
    return int(counter.total) if counter else 0
