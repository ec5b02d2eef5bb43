"""The lease of the worker that is at a publish: given to one, renewed while it works, given back."""

import threading
import time

import pytest

from chalicelib.errors import Busy
from chalicelib.models.channels import Channel
from chalicelib.operations.publishing import publish_lock
from chalicelib.operations.publishing.publish_lock import EXPORT, LEASE, PUBLISH
from tests.operations.publishing.publish_steps import at_export, begin, only, sent
from tests.support.worlds.publishing_world import FAULTS, VISIBILITY, Message, following


class TestClaim:
    def test_gives_the_lease_to_one_worker(self, publishing):
        _, worker = begin(publishing)
        duplicate = Message(worker.task.id, PUBLISH)
        publishing.waiting.append(duplicate)
        with pytest.raises(Busy) as caught:
            publishing.receive(duplicate)
        assert 0 < caught.value.retry_after <= LEASE
        publishing.succeed(worker)
        assert publishing.is_unlocked() is False

    def test_gives_the_lease_again_when_it_has_run_out(self, publishing):
        _, worker = begin(publishing)
        publishing.die(worker)
        publishing.waiting[:] = [Message(worker.task.id, PUBLISH)]
        publishing.pass_time(LEASE - 1)
        with pytest.raises(Busy):
            publishing.receive(only(publishing.waiting))
        publishing.pass_time(2)
        assert publishing.receive(only(publishing.waiting))

    def test_tells_the_worker_that_is_turned_away_when_to_come(self, publishing):
        _, worker = begin(publishing)
        publishing.pass_time(LEASE // 2)
        duplicate = Message(worker.task.id, PUBLISH)
        publishing.waiting.append(duplicate)
        with pytest.raises(Busy) as caught:
            publishing.receive(duplicate)
        assert abs(caught.value.retry_after - LEASE // 2) <= 1

    def test_brings_the_channel_as_it_is(self, publishing):
        publishing.request()
        Channel(publishing.channel_id).update([Channel.rev.set(7)])
        worker = publishing.receive(only(publishing.waiting))
        assert worker.channel.rev == 7
        assert worker.channel.publish_lease == publishing.channel().publish_lease

    def test_of_another_stage_sends_the_message_of_the_right_one(self, publishing):
        task_id, worker = begin(publishing)
        publishing.succeed(worker)
        publishing.waiting[:] = [Message(task_id, PUBLISH)]  # the first came again, the second was never sent
        assert publishing.receive(only(publishing.waiting)) is None
        assert sent(publishing) == [(task_id, EXPORT)]

    def test_of_a_task_that_ended_does_nothing(self, publishing):
        task_id = publishing.request()
        publishing.drain()
        publishing.waiting.append(Message(task_id, PUBLISH))
        assert publishing.receive(only(publishing.waiting)) is None
        assert sent(publishing) == []
        assert publishing.is_unlocked()

    def test_of_an_unknown_task_does_nothing(self, publishing):
        assert publish_lock.claim("0" * 32, PUBLISH) is None

    def test_of_a_channel_that_is_gone_does_nothing(self, publishing):
        task_id = publishing.request()
        publishing.channel().delete()
        assert publish_lock.claim(task_id, PUBLISH) is None

    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    def test_that_fails_leaves_no_lease_behind(self, publishing, lost):
        publishing.request()
        message = only(publishing.waiting)
        with publishing.faulty((2, lost)), pytest.raises(FAULTS):
            publishing.receive(message)
        assert publishing.channel().publish_lease is None
        publishing.pass_time(1)
        assert publishing.receive(message)


class TestRelease:
    def test_lets_the_message_that_comes_again_have_the_lease(self, publishing):
        _, worker = begin(publishing)
        publishing.fail(worker)
        publishing.pass_time(2)
        assert publishing.receive(only(publishing.waiting))

    def test_gives_back_only_ones_own_lease(self, publishing):
        _, dead = begin(publishing)
        publishing.die(dead)
        publishing.pass_time(VISIBILITY)
        alive = publishing.receive(only(publishing.waiting))
        publish_lock.release(dead.task, dead.channel)
        assert publishing.channel().publish_lease == alive.channel.publish_lease

    def test_after_the_end_changes_nothing(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.request()
        publishing.succeed(worker)
        before = publishing.channel()
        publish_lock.release(worker.task, worker.channel)
        assert publishing.channel().attribute_values == before.attribute_values
        assert before.publish_task_id == following(task_id)


class TestRenewal:
    """A worker that is alive keeps its lease, however long it works."""

    def test_moves_the_end_of_the_lease(self, publishing):
        _, worker = begin(publishing)
        for _ in range(10):
            publishing.live_on(worker)
            assert publishing.workers == [worker]
            assert publishing.channel().publish_lease == worker.channel.publish_lease
        publishing.succeed(worker)
        publishing.drain()
        assert publishing.is_unlocked()

    def test_keeps_others_away(self, publishing):
        _, worker = begin(publishing)
        for _ in range(5):
            publishing.live_on(worker)
        publishing.waiting.append(Message(worker.task.id, PUBLISH))
        with pytest.raises(Busy):
            publishing.receive(publishing.waiting[0])

    def test_does_not_take_back_a_lease_that_another_worker_has(self, publishing):
        _, dead = begin(publishing)
        publishing.die(dead)
        publishing.pass_time(VISIBILITY)
        alive = publishing.receive(only(publishing.waiting))
        publishing.live_on(dead)
        assert publishing.channel().publish_lease == alive.channel.publish_lease

    def test_does_not_lock_a_channel_whose_publish_has_ended(self, publishing):
        _, worker = at_export(publishing)
        publishing.succeed(worker)
        publishing.live_on(worker)
        assert publishing.is_unlocked()

    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    def test_that_fails_is_tried_again(self, publishing, lost):
        """The worker works on, so nobody else may begin; and what it gives back at last is its own lease."""
        _, worker = begin(publishing)
        with publishing.faulty((0, lost)):
            publishing.live_on(worker)
        for _ in range(5):
            publishing.live_on(worker)
        assert publishing.workers == [worker]
        assert publishing.channel().publish_lease == worker.channel.publish_lease
        publishing.fail(worker)
        assert publishing.channel().publish_lease is None

    def test_goes_on_while_the_work_does_and_no_longer(self, publishing, monkeypatch):
        _, worker = begin(publishing)
        monkeypatch.setattr(publish_lock, "RENEWAL", 0.01)
        before = publishing.channel().publish_lease
        with publish_lock.kept_alive(worker.task, worker.channel):
            publishing.now += 1
            deadline = time.monotonic() + 5
            while publishing.channel().publish_lease == before and time.monotonic() < deadline:
                time.sleep(0.01)
        assert publishing.channel().publish_lease > before
        assert not [thread for thread in threading.enumerate() if "_renew" in thread.name]
