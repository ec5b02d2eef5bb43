"""The lease of a publish worker: taken by one worker, renewed while it runs, released."""

import threading
import time

import pytest

from chalicelib.errors import Busy
from chalicelib.handlers.workers import MAX_RECEIVES
from chalicelib.models import tasks
from chalicelib.models.channels import Channel
from chalicelib.operations.publishing import publish_lock
from chalicelib.operations.publishing.publish_failure import MAX_ATTEMPTS
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

    def test_gives_an_expired_lease_to_another_worker(self, publishing):
        _, worker = begin(publishing)
        publishing.die(worker)
        publishing.waiting[:] = [Message(worker.task.id, PUBLISH)]
        publishing.pass_time(LEASE - 1)
        with pytest.raises(Busy):
            publishing.receive(only(publishing.waiting))
        publishing.pass_time(2)
        assert publishing.receive(only(publishing.waiting))

    def test_returns_the_retry_time_to_a_rejected_worker(self, publishing):
        _, worker = begin(publishing)
        publishing.pass_time(LEASE // 2)
        duplicate = Message(worker.task.id, PUBLISH)
        publishing.waiting.append(duplicate)
        with pytest.raises(Busy) as caught:
            publishing.receive(duplicate)
        assert abs(caught.value.retry_after - LEASE // 2) <= 1

    def test_returns_the_current_channel(self, publishing):
        publishing.request()
        Channel(publishing.channel_id).update([Channel.rev.set(7)])
        worker = publishing.receive(only(publishing.waiting))
        assert worker.channel.rev == 7
        assert worker.channel.publish_lease == publishing.channel().publish_lease

    def test_of_another_stage_sends_the_message_of_the_current_one(self, publishing):
        task_id, worker = begin(publishing)
        publishing.succeed(worker)
        publishing.waiting[:] = [Message(task_id, PUBLISH)]  # the first was redelivered, the second never sent
        assert publishing.receive(only(publishing.waiting)) is None
        assert sent(publishing) == [(task_id, EXPORT)]

    def test_of_an_ended_task_does_nothing(self, publishing):
        task_id = publishing.request()
        publishing.drain()
        publishing.waiting.append(Message(task_id, PUBLISH))
        assert publishing.receive(only(publishing.waiting)) is None
        assert sent(publishing) == []
        assert publishing.is_unlocked()

    def test_of_an_unknown_task_does_nothing(self, publishing):
        assert publish_lock.claim("0" * 32, PUBLISH) is None

    def test_of_a_missing_channel_does_nothing(self, publishing):
        task_id = publishing.request()
        publishing.channel().delete()
        assert publish_lock.claim(task_id, PUBLISH) is None

    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    def test_leaves_no_lease_after_a_failure(self, publishing, lost):
        publishing.request()
        message = only(publishing.waiting)
        with publishing.faulty((2, lost)), pytest.raises(FAULTS):
            publishing.receive(message)
        assert publishing.channel().publish_lease is None
        publishing.pass_time(1)
        assert publishing.receive(message)


class TestRelease:
    def test_lets_the_redelivered_message_take_the_lease(self, publishing):
        _, worker = begin(publishing)
        publishing.fail(worker)
        publishing.pass_time(2)
        assert publishing.receive(only(publishing.waiting))

    def test_releases_only_the_workers_lease(self, publishing):
        _, dead = begin(publishing)
        publishing.die(dead)
        publishing.pass_time(VISIBILITY)
        alive = publishing.receive(only(publishing.waiting))
        publish_lock.release(dead.task, dead.channel)
        assert publishing.channel().publish_lease == alive.channel.publish_lease

    def test_changes_nothing_after_the_end(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.request()
        publishing.succeed(worker)
        before = publishing.channel()
        publish_lock.release(worker.task, worker.channel)
        assert publishing.channel().attribute_values == before.attribute_values
        assert before.publish_task_id == following(task_id)


class TestRenewal:
    """A running worker keeps its lease, however long the work takes."""

    def test_extends_the_lease(self, publishing):
        _, worker = begin(publishing)
        for _ in range(10):
            publishing.live_on(worker)
            assert publishing.workers == [worker]
            assert publishing.channel().publish_lease == worker.channel.publish_lease
        publishing.succeed(worker)
        publishing.drain()
        assert publishing.is_unlocked()

    def test_excludes_other_workers(self, publishing):
        _, worker = begin(publishing)
        for _ in range(5):
            publishing.live_on(worker)
        publishing.waiting.append(Message(worker.task.id, PUBLISH))
        with pytest.raises(Busy):
            publishing.receive(publishing.waiting[0])

    def test_does_not_take_the_lease_of_another_worker(self, publishing):
        _, dead = begin(publishing)
        publishing.die(dead)
        publishing.pass_time(VISIBILITY)
        alive = publishing.receive(only(publishing.waiting))
        publishing.live_on(dead)
        assert publishing.channel().publish_lease == alive.channel.publish_lease

    def test_does_not_lock_a_channel_after_its_publish_ended(self, publishing):
        _, worker = at_export(publishing)
        publishing.succeed(worker)
        publishing.live_on(worker)
        assert publishing.is_unlocked()

    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    def test_is_retried_after_a_failure(self, publishing, lost):
        """The worker continues, so no other may start; in the end it releases its own lease."""
        _, worker = begin(publishing)
        with publishing.faulty((0, lost)):
            publishing.live_on(worker)
        for _ in range(5):
            publishing.live_on(worker)
        assert publishing.workers == [worker]
        assert publishing.channel().publish_lease == worker.channel.publish_lease
        publishing.fail(worker)
        assert publishing.channel().publish_lease is None

    def test_continues_only_while_the_work_runs(self, publishing, monkeypatch):
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


class TestKilledWorkers:
    """A worker that is always killed: the attempts are counted with the lease, whatever happens to the messages."""

    def kill(self, publishing, times, next_message):
        """Kill as many workers as get the task; returns their number."""
        killed = 0
        for _ in range(times):
            worker = next_message()
            if worker is None:
                break
            publishing.die(worker)
            publishing.pass_time(LEASE + 1)
            killed += 1
        return killed

    @pytest.mark.parametrize("stage", [PUBLISH, EXPORT])
    def test_end_the_task_with_a_reason_although_each_message_is_new(self, publishing, stage):
        task_id = begin(publishing)[0] if stage == PUBLISH else at_export(publishing)[0]
        first = publishing.workers[0]

        def new_message():
            if publishing.workers:
                return first
            publishing.waiting[:] = [Message(task_id, stage)]
            return publishing.receive(only(publishing.waiting))

        assert self.kill(publishing, 10, new_message) == MAX_ATTEMPTS
        task = publishing.task(task_id)
        assert task.status == tasks.FAILURE
        assert "stopped 5 times" in task.detail
        assert publishing.is_unlocked()

    def test_end_the_task_although_a_message_meets_a_held_lease_each_time(self, publishing):
        """It is sent again, which does not reset the count of its failures."""
        task_id, worker = begin(publishing)
        message = worker.message
        for _ in range(20):
            if publishing.task(task_id).status == tasks.FAILURE:
                break
            publishing.waiting.append(Message(task_id, PUBLISH, receives=message.receives))
            duplicate = publishing.waiting[-1]
            with pytest.raises(Busy):
                publishing.receive(duplicate)
            publishing.die(worker)
            publishing.pass_time(LEASE + 1)
            again = min(publishing.waiting, key=lambda waiting: waiting.visible)
            publishing.pass_time(max(0, again.visible - publishing.now))
            worker = publishing.receive(again)
            if worker is None:
                break
            message = worker.message
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.is_unlocked()

    def test_are_forgotten_by_the_next_stage(self, publishing):
        task_id, worker = begin(publishing)
        for _ in range(MAX_ATTEMPTS - 1):
            publishing.die(worker)
            publishing.pass_time(VISIBILITY)
            worker = publishing.receive(only(publishing.waiting))
        publishing.succeed(worker)
        assert publishing.channel().publish_attempts is None
        publishing.drain()
        assert publishing.task(task_id).status == tasks.SUCCESS

    def test_a_worker_killed_at_its_last_attempt_leaves_a_dead_letter_that_ends_the_task(self, publishing):
        task_id, worker = begin(publishing)
        worker.message.receives = MAX_RECEIVES
        publishing.die(worker)
        publishing.drain()
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.is_unlocked()


class TestDeletedTask:
    """The item of a task that expired, or was deleted by mistake."""

    def test_does_not_lock_its_channel(self, publishing):
        task_id = publishing.request()
        publishing.task(task_id).delete()
        publishing.waiting.clear()
        again = publishing.request()
        publishing.drain()
        assert publishing.task(again).status == tasks.SUCCESS
        assert publishing.is_unlocked()

    def test_does_not_lock_its_channel_after_a_worker_was_killed(self, publishing):
        task_id, worker = begin(publishing)
        publishing.die(worker)
        publishing.task(task_id).delete()
        publishing.waiting.clear()
        publishing.pass_time(LEASE + 1)
        again = publishing.request()
        publishing.drain()
        assert publishing.task(again).status == tasks.SUCCESS
        assert publishing.is_unlocked()

    def test_keeps_the_requests_that_waited_for_it(self, publishing):
        task_id = publishing.request()
        publishing.request()
        publishing.task(task_id).delete()
        publishing.waiting.clear()
        publishing.request()
        publishing.drain()
        assert publishing.task(following(task_id)).status == tasks.SUCCESS
        assert publishing.is_unlocked()

    def test_leaves_the_lock_to_a_worker_that_still_runs(self, publishing):
        task_id, worker = begin(publishing)
        publishing.task(task_id).delete()
        publishing.request()
        assert publishing.channel().publish_task_id == task_id
        publish_lock.hand_over(worker.task, worker.channel, rev=1)
        assert publishing.channel().publish_task_id == following(task_id)
        assert tasks.get(task_id) is None

    def test_is_not_created_again_at_its_end(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.task(task_id).delete()
        assert publish_lock.finish(worker.task, worker.channel, tasks.SUCCESS, "Done", {"version": 1}, [])
        assert tasks.get(task_id) is None
        assert publishing.is_unlocked()
