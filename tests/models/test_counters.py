"""Counters per user or address and period."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chalicelib.models import counters
from chalicelib.models.counters import Counter
from tests.support.aws.calls import Watch, watching

DAY = 24 * 3600
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Sets the time of counters."""

    def set_to(moment):
        monkeypatch.setattr(counters, "now", lambda: moment)

    set_to(NOON)
    return set_to


@pytest.fixture
def period(aws, clock):
    return counters.current("mails", "ann@example.org", DAY)


def test_adds_up_in_one_write_each(period):
    with watching(Watch()) as watch:
        assert [counters.add(period), counters.add(period, 3)] == [1, 4]
    assert watch.names == ["UpdateItem", "UpdateItem"]
    assert counters.total(period) == 4


def test_takes_up_to_the_limit(period):
    assert [counters.take(period, 2) for _ in range(4)] == [True, True, False, False]
    assert counters.total(period) == 2


def test_takes_all_or_nothing(period):
    assert counters.take(period, 5, by=3)
    assert not counters.take(period, 5, by=3)
    assert counters.take(period, 5, by=2)
    assert not counters.take(counters.current("other", "x", DAY), 5, by=6)


def test_gives_back_what_was_taken(period):
    counters.take(period, 1)
    counters.give_back(period)
    assert counters.take(period, 1)


def test_never_falls_below_zero(period):
    counters.give_back(period)
    counters.add(period)
    counters.give_back(period, by=2)
    assert counters.total(period) == 1


def test_counts_every_parallel_call(period):
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: counters.take(period, 5), range(20)))
    assert taken.count(True) == 5


def test_counts_by_what_and_by_whom(period):
    counters.add(period)
    assert counters.total(counters.current("mails", "ben@example.org", DAY)) == 0
    assert counters.total(counters.current("tokens", "ann@example.org", DAY)) == 0
    assert counters.total(counters.current("mails", "ann@example.org", 3600)) == 0


def test_a_day_ends_at_midnight_utc(period, clock):
    counters.add(period)
    assert period.seconds_left == DAY // 2
    clock(NOON.replace(hour=23, minute=59, second=59))
    assert counters.current("mails", "ann@example.org", DAY) == period
    clock(NOON.replace(day=2, hour=0))
    assert counters.total(counters.current("mails", "ann@example.org", DAY)) == 0
    assert period.seconds_left == 1, "a Retry-After of 0 would invite a request that is refused again"


def test_stored_items_expire_and_name_nobody(period):
    counters.add(period)
    (stored,) = Counter.scan()
    assert stored.expires == period.ends
    assert "ann" not in stored.key
