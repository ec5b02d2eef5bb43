"""Leases: never two holders at a time, attempts counted, renewed while the work lasts, stored as they always were."""

import logging
import threading
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from pynamodb.exceptions import UpdateError

from chalicelib.domain.ids import new_id
from chalicelib.models import changes, leases
from chalicelib.models.base import update_if
from chalicelib.models.changes import Change
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.leases import Lease, LeaseAttributes, kept_alive
from chalicelib.telemetry import log
from tests.models.builders import make_channel

pytestmark = pytest.mark.usefixtures("aws")
picks = st.integers(0, 9)


class Guarded:
    """An item under a lease, and a clock."""

    def __init__(self, attributes: LeaseAttributes):
        self.attributes = attributes
        self.stored: Any = make_channel() if attributes is PUBLISH_LEASE else Change(new_id(), 0, last=1, done=0)
        self.stored.save()
        self.now = 1_000_000.0

    def item(self):
        """The item's key, as updates need it."""
        return Channel(self.stored.id) if self.attributes is PUBLISH_LEASE else Change(self.stored.owner, 0)

    def lease(self):
        self.stored.refresh(consistent_read=True)
        return self.attributes.of(self.stored)

    def clock(self):
        return patch.object(leases, "time", SimpleNamespace(time=lambda: self.now))

    def take(self, found, holder, condition):
        taken = self.attributes.taken(found, holder, 30)
        return taken if update_if(self.item(), self.attributes.hold(taken), condition) else None


@pytest.fixture(params=[PUBLISH_LEASE, changes.LEASE], ids=["publish", "sync"])
def guarded(request, aws):
    guarded = Guarded(request.param)
    with guarded.clock():
        yield guarded


class TestSteps:
    def test_a_lease_is_free_at_first(self, guarded):
        assert guarded.lease() == Lease()
        assert guarded.attributes.is_free(Lease())
        assert not guarded.attributes.is_abandoned(Lease())

    def test_one_takes_it(self, guarded):
        free = guarded.attributes.free()
        until = guarded.attributes.clock() + 30 * guarded.attributes.per_second
        assert guarded.take(Lease(), "a", free) == guarded.lease() == Lease("a", until)
        assert not guarded.take(Lease(), "b", free)
        assert not guarded.take(Lease(), "b", guarded.attributes.as_found(Lease()))
        assert not guarded.attributes.is_free(guarded.lease())

    def test_its_holder_renews_it(self, guarded):
        taken = guarded.take(Lease(), "a", guarded.attributes.free())
        guarded.now += 20
        renewed = guarded.attributes.renew(guarded.item(), taken, 30)
        assert renewed == guarded.lease()
        assert guarded.attributes.seconds_left(renewed) == 30

    def test_another_neither_renews_nor_gives_it_back(self, guarded):
        taken = guarded.take(Lease(), "a", guarded.attributes.free())
        stranger = Lease("b", taken.until)
        assert guarded.attributes.renew(guarded.item(), stranger, 60) is None
        guarded.attributes.give_back(guarded.item(), stranger)
        guarded.attributes.abandon(guarded.item(), stranger)
        assert guarded.lease() == taken

    def test_given_back_it_is_as_at_first(self, guarded):
        guarded.attributes.give_back(guarded.item(), guarded.take(Lease(), "a", guarded.attributes.free()))
        assert guarded.lease() == Lease()

    def test_abandoned_it_is_free_at_once(self, guarded):
        guarded.attributes.abandon(guarded.item(), guarded.take(Lease(), "a", guarded.attributes.free()))
        assert guarded.attributes.is_abandoned(guarded.lease())
        assert guarded.take(guarded.lease(), "b", guarded.attributes.free())

    def test_holders_that_vanish_are_counted_until_the_work_is_done(self, guarded):
        for vanished in range(3):
            found = guarded.lease()
            taken = guarded.take(found, f"holder {vanished}", guarded.attributes.as_found(found))
            assert taken.attempts == (vanished if guarded.attributes.attempts else 0)
            guarded.now += 31
        guarded.attributes.give_back(guarded.item(), taken)
        assert guarded.lease() == Lease(attempts=2 if guarded.attributes.attempts else 0)
        update_if(guarded.item(), guarded.attributes.end(), guarded.attributes.free())
        assert guarded.lease() == Lease()


class Machine(RuleBasedStateMachine):
    """Workers that look at a lease at some time, take it at a later one, and live on or vanish. One may have stalled
    for so long that its time was up meanwhile."""

    attributes: LeaseAttributes

    def __init__(self):
        super().__init__()
        self.guarded = Guarded(self.attributes)
        self.clock = self.guarded.clock()
        self.clock.start()
        self.looks = [Lease()]
        self.holders = []  # leases that were taken and not given back, as their holders know them
        self.current = ""  # the holder that the item must name
        self.vanished = 0

    def teardown(self):
        self.clock.stop()

    def ended(self, lease):
        """The item is free, if it was this holder's."""
        self.holders.remove(lease)
        if self.current == lease.holder:
            self.current = ""

    @rule()
    def look(self):
        self.looks.append(self.guarded.lease())

    @rule(pick=picks)
    def take(self, pick):
        found = self.looks[-1 - pick % len(self.looks)]
        if not self.attributes.is_free(found):
            return
        condition = self.attributes.as_found(found) if self.attributes.attempts else self.attributes.free()
        taken = self.guarded.take(found, new_id(), condition)
        if taken:
            self.vanished += bool(self.current)
            self.current = taken.holder
            self.holders.append(taken)

    @precondition(lambda self: self.holders)
    @rule(pick=picks)
    def renew(self, pick):
        lease = self.holders.pop(pick % len(self.holders))
        renewed = self.attributes.renew(self.guarded.item(), lease, 30)
        assert bool(renewed) == (self.current == lease.holder)
        self.holders += [renewed] if renewed else []

    @precondition(lambda self: self.holders)
    @rule(pick=picks)
    def give_back(self, pick):
        lease = self.holders[pick % len(self.holders)]
        self.attributes.give_back(self.guarded.item(), lease)
        self.ended(lease)

    @precondition(lambda self: self.holders)
    @rule(pick=picks)
    def abandon(self, pick):
        """It stays named on the item, as one that vanished."""
        lease = self.holders.pop(pick % len(self.holders))
        self.attributes.abandon(self.guarded.item(), lease)

    @precondition(lambda self: self.holders)
    @rule(pick=picks)
    def succeed(self, pick):
        lease = self.holders[pick % len(self.holders)]
        done = update_if(self.guarded.item(), self.attributes.end(), self.attributes.held_by(lease.holder))
        assert done == (self.current == lease.holder)
        self.vanished = 0 if done else self.vanished
        self.ended(lease)

    @rule(seconds=st.sampled_from([1, 20, 31]))
    def pass_time(self, seconds):
        self.guarded.now += seconds

    @invariant()
    def one_holder_at_a_time(self):
        assert len([lease for lease in self.holders if not self.attributes.is_free(lease)]) <= 1

    @invariant()
    def the_item_names_the_last_one_and_counts_the_vanished(self):
        lease = self.guarded.lease()
        assert lease.holder == self.current
        assert lease.attempts == (self.vanished if self.attributes.attempts else 0)


@pytest.mark.parametrize("attributes", [PUBLISH_LEASE, changes.LEASE], ids=["publish", "sync"])
def test_there_are_never_two_holders(attributes):
    run_state_machine_as_test(
        type("OfThese", (Machine,), {"attributes": attributes}),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


def renewing():
    return [thread for thread in threading.enumerate() if "_renew" in thread.name]


class TestKeptAlive:
    def test_renews_while_the_block_runs_and_no_longer(self):
        renewed = threading.Event()

        def renew():
            renewed.set()
            return True

        with kept_alive(renew, 0.001):
            assert renewed.wait(5)
        assert not renewing()

    def test_ends_when_the_lease_is_lost(self):
        calls: list[int] = []

        def renew():
            calls.append(1)
            return False

        with kept_alive(renew, 0.001):
            for thread in renewing():
                thread.join(5)
        assert calls == [1]

    @pytest.mark.parametrize("error", [UpdateError("no answer"), TimeoutError("too many conflicts")])
    def test_tries_again_after_a_call_that_failed(self, monkeypatch, error):
        """A renewal conflicts with transactions that write the item."""
        monkeypatch.setattr(log, "exception", logging.getLogger().debug)
        answers = iter([error, True, False])
        seen: list[Any] = []

        def renew():
            seen.append(next(answers))
            if isinstance(seen[-1], Exception):
                raise seen[-1]
            return seen[-1]

        with kept_alive(renew, 0.001):
            for thread in renewing():
                thread.join(5)
        assert seen[1:] == [True, False]

    def test_stops_after_an_error_in_the_block(self):
        with pytest.raises(ZeroDivisionError), kept_alive(lambda: True, 0.001):
            raise ZeroDivisionError
        assert not renewing()
