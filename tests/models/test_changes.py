"""Counters, leases and marks of changes."""

import time

import pytest

from chalicelib.models import changes
from chalicelib.models.changes import Change
from tests.support.existing import existing
from tests.support.worlds.feeds import emit

OWNER = "0" * 32


def some(number=1, status=changes.PENDING):
    return [Change(type=2, table="channel", key=OWNER, fields={}, status=status) for _ in range(number)]


def statuses():
    return [(int(one.rev), one.status) for one in changes.after(OWNER, 0, 100)]


pytestmark = pytest.mark.usefixtures("aws")


def test_changes_get_the_next_revisions():
    counter = changes.append(changes.counter_of(OWNER), some(2))
    assert counter == changes.counter_of(OWNER) == changes.Counter(OWNER, last=2)
    assert existing(changes.append(counter, some(1))).last == 3
    assert [rev for rev, _ in statuses()] == [1, 2, 3]


def test_only_one_of_two_writers_with_the_same_counter_appends():
    for _ in range(2):
        counter = changes.counter_of(OWNER)
        assert changes.append(counter, some())
        assert changes.append(counter, some()) is None
    assert len(statuses()) == 2


def test_only_one_worker_gets_the_lease():
    counter = existing(changes.append(changes.counter_of(OWNER), some(), "a", 30))
    assert not counter.is_free
    assert changes.counter_of(OWNER) == counter
    assert changes.take(changes.Counter(OWNER, last=1), "b", 30) is None
    assert changes.renew(counter, 60)
    changes.give_back(counter)
    assert not changes.renew(counter, 60)
    free = changes.counter_of(OWNER)
    assert changes.take(free, "b", 30)
    assert changes.take(free, "c", 30) is None


def test_an_expired_lease_is_taken_over_and_counted():
    changes.append(changes.counter_of(OWNER), some(), "a", -1)
    for tries in (1, 2):
        left = changes.counter_of(OWNER)
        assert left.is_abandoned
        taken = existing(changes.take(left, f"b{tries}", 30))
        assert taken.lease.attempts == tries
        changes.abandon(taken)
    (change,) = changes.after(OWNER, 0, 9)
    assert changes.mark(left, change, [], 30) is None  # whose lease it was before
    change.status = changes.DONE
    ended = changes.mark(taken, change, [], 30)
    assert ended == changes.counter_of(OWNER) == changes.Counter(OWNER, last=1, done=1)


def test_marks_and_emitted_changes_are_written_together():
    counter = existing(changes.append(changes.counter_of(OWNER), some(2), "a", 30))
    first, second = changes.after(OWNER, 0, 9)
    first.status, second.status, second.errors = changes.DONE, changes.FAILED, ["no"]
    counter = existing(changes.mark(counter, first, some(1, changes.DONE), 30))
    assert (counter.last, counter.done, counter.lease.holder) == (3, 1, "a")
    counter = existing(changes.mark(counter, second, [], 30))
    assert (counter.done, counter.lease.holder) == (2, "a")
    assert changes.finish(counter)
    assert changes.counter_of(OWNER) == changes.Counter(OWNER, last=3, done=3)
    assert statuses() == [(1, "done"), (2, "failed"), (3, "done")]


def test_the_lease_is_not_released_while_new_changes_are_pending():
    counter = existing(changes.append(changes.counter_of(OWNER), some(), "a", 30))
    changes.append(counter, some())
    assert not changes.finish(counter)
    (change, _) = changes.after(OWNER, 0, 9)
    assert changes.mark(counter, change, [], 30) is None


def test_applied_changes_are_emitted_at_any_time():
    emit(OWNER, some(1, changes.DONE))
    assert changes.counter_of(OWNER) == changes.Counter(OWNER, last=1, done=1)
    changes.append(changes.counter_of(OWNER), some())
    emit(OWNER, some(1, changes.DONE))
    assert changes.counter_of(OWNER) == changes.Counter(OWNER, last=3, done=1)


def test_counters_are_retained_and_changes_expire():
    changes.append(changes.counter_of(OWNER), some())
    (change,) = changes.after(OWNER, 0, 9)
    days = (change.expires - time.time()) / 86400
    assert 181 < days < 183
    assert Change.get(OWNER, 0).expires is None
