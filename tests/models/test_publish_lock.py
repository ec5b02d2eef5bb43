"""The lock of a publish, step by step: who gets it, who joins, and how it is always given back."""

import threading
import time

import pytest

from chalicelib.errors import Busy
from chalicelib.handlers.workers import MAX_RECEIVES
from chalicelib.models import tasks
from chalicelib.models.base import now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.operations import publish, publish_lock
from chalicelib.operations.publish import NotPublishable, with_lease
from chalicelib.operations.publish_lock import EXPORT, LEASE, PUBLISH
from tests.models.publishing import FAULTS, VISIBILITY, Message, Publishing, following


@pytest.fixture
def publishing(aws):
    with Publishing().running() as made:
        yield made


def only(messages):
    (message,) = messages
    return message


def sent(publishing):
    return [(message.task_id, message.stage) for message in publishing.waiting]


def begin(publishing, **request):
    """(id of a task, worker that has its first lease)."""
    task_id = publishing.request(**request)
    return task_id, publishing.receive(only(publishing.waiting))


def at_export(publishing):
    """(id of a task, worker that has the lease of its second stage)."""
    task_id, worker = begin(publishing)
    publishing.succeed(worker)
    return task_id, publishing.receive(only(publishing.waiting))


class TestRequest:
    def test_begins_a_task_and_sends_its_message(self, publishing):
        task_id = publishing.request(notes="First")
        assert sent(publishing) == [(task_id, PUBLISH)]
        task = publishing.task(task_id)
        assert (task.status, task.arguments) == (tasks.PENDING, {"version_notes": "First"})
        assert publishing.channel().publish_task_id == task_id

    def test_joins_the_task_that_runs(self, publishing):
        task_id, _ = begin(publishing)
        assert publishing.request() == publishing.request() == task_id
        assert sent(publishing) == []

    def test_joins_the_task_that_began_since_the_channel_was_read(self, publishing):
        stale = publishing.channel()
        task_id = publishing.request()
        assert publishing.request(stale) == task_id

    def test_joining_what_nobody_works_on_sends_its_message_again(self, publishing):
        """It may never have been sent: whoever asked first was killed in between."""
        task_id = publishing.request()
        publishing.waiting.clear()
        assert publishing.request() == task_id
        assert sent(publishing) == [(task_id, PUBLISH)]
        publishing.drain()
        assert publishing.is_unlocked()

    def test_joining_a_dead_worker_sends_the_message_of_its_stage(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.die(worker)
        publishing.waiting.clear()
        publishing.pass_time(LEASE + 1)
        assert publishing.request() == task_id
        assert sent(publishing) == [(task_id, EXPORT)]

    def test_for_a_task_that_has_just_ended_is_to_be_repeated(self, publishing):
        publishing.request()
        stale = publishing.channel()
        publishing.drain()
        with pytest.raises(Busy):
            publishing.request(stale)
        assert publishing.is_unlocked()

    def test_by_one_does_not_lock_another_channel(self, publishing):
        begin(publishing)
        other = Publishing()
        with other.running():
            task_id = other.request()
            assert sent(other) == [(task_id, PUBLISH)]


class TestFollowUp:
    def test_runs_once_after_all_who_joined(self, publishing):
        task_id, worker = begin(publishing)
        for number in range(3):
            publishing.request(notes=f"Notes {number}", user=f"{number}" * 32)
        publishing.succeed(worker)
        publishing.drain()
        following_task = publishing.task(following(task_id))
        assert (following_task.status, following_task.user_id) == (tasks.SUCCESS, "2" * 32)
        assert following_task.arguments["version_notes"] == "Notes 2"
        assert publishing.channel().version == 2
        assert publishing.channel().published_rev == publishing.edits
        assert publishing.is_unlocked()

    def test_does_not_run_where_nobody_joined(self, publishing):
        task_id = publishing.request()
        publishing.drain()
        assert tasks.get(following(task_id)) is None
        assert publishing.channel().version == 1

    def test_can_be_joined_itself(self, publishing):
        first, worker = begin(publishing)
        publishing.request()
        publishing.succeed(worker)
        publishing.succeed(publishing.receive(only(publishing.waiting)))
        second = following(first)
        assert publishing.request() == second
        publishing.drain()
        assert [publishing.task(id).status for id in (first, second, following(second))] == [tasks.SUCCESS] * 3
        assert publishing.channel().version == 3

    def test_runs_after_a_publish_that_failed(self, publishing):
        task_id, worker = begin(publishing)
        publishing.request()
        publishing.refuse(worker)
        assert publishing.task(task_id).status == tasks.FAILURE
        publishing.drain()
        assert publishing.task(following(task_id)).status == tasks.SUCCESS
        assert publishing.channel().version == 1

    def test_takes_the_lock_in_the_moment_that_the_first_gives_it_back(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.request()
        publishing.succeed(worker)
        assert publishing.channel().publish_task_id == following(task_id)
        assert publishing.channel().publish_again is None
        assert sent(publishing) == [(following(task_id), PUBLISH)]

    def test_that_was_asked_for_while_the_first_ended_is_not_lost(self, publishing):
        _, worker = at_export(publishing)
        stale = worker.channel
        publishing.request(notes="Late")
        assert stale.publish_again is None
        publishing.succeed(worker)
        publishing.drain()
        assert publishing.channel().version == 2
        assert publishing.channel().published_rev == publishing.edits

    def test_whose_message_was_lost_is_begun_by_the_first_ones(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.request()
        message = worker.message
        publishing.succeed(worker)
        publishing.waiting[:] = [message]  # it was not deleted in time, and the new one was never sent
        assert publishing.receive(message) is None
        assert sent(publishing) == [(following(task_id), PUBLISH)]


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


class TestHandOver:
    def test_passes_on_what_export_needs_to_know(self, publishing):
        task_id, worker = begin(publishing, notes="First")
        publish_lock.hand_over(worker.task, worker.channel, rev=3, digest="d")
        assert publishing.task(task_id).arguments == {"version_notes": "First", "rev": 3, "digest": "d"}
        assert sent(publishing) == [(task_id, EXPORT)]
        assert publishing.channel().publish_lease is None

    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    @pytest.mark.parametrize("call", range(3))
    def test_that_fails_anywhere_is_made_up_for(self, publishing, call, lost):
        _, worker = begin(publishing)
        with publishing.faulty((call, lost)), pytest.raises(FAULTS):
            publishing.succeed(worker)
        publishing.drain()
        assert publishing.channel().version == 1
        assert publishing.is_unlocked()


class TestFinish:
    def test_changes_channel_task_and_items_together(self, publishing):
        task_id, worker = at_export(publishing)
        item = ChannelVersion(
            publishing.channel_id, 1, id="v", size=1, resource_count=1, kind_count={}, included_languages=[],
            date_published=now(),
        )  # fmt: skip
        changes = [Channel.version.set(1)]
        publish_lock.finish(worker.task, worker.channel, tasks.SUCCESS, "Done", changes, [item], {"version": 1})
        task = publishing.task(task_id)
        assert (task.status, task.progress, task.detail, task.result) == (tasks.SUCCESS, 100, "Done", {"version": 1})
        assert ChannelVersion.get(publishing.channel_id, 1).size == 1
        assert publishing.channel().version == 1
        assert publishing.is_unlocked()

    def test_with_failure_keeps_the_progress(self, publishing):
        task_id, worker = begin(publishing)
        tasks.advance(worker.task, 30, "On the way")
        publishing.refuse(worker)
        assert (publishing.task(task_id).status, publishing.task(task_id).progress) == (tasks.FAILURE, 30)

    def test_by_a_worker_that_was_given_up_changes_nothing(self, publishing):
        task_id, worker = at_export(publishing)
        publish_lock.release(worker.task, worker.channel)
        publish_lock.give_up(task_id)
        publishing.succeed(worker)
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.channel().version == 0

    @pytest.mark.parametrize(("joined", "call"), [(False, 0), *((True, call) for call in range(4))])
    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    def test_that_fails_anywhere_is_made_up_for(self, publishing, joined, call, lost):
        task_id, worker = at_export(publishing)
        if joined:
            publishing.request()
        with publishing.faulty((call, lost)), pytest.raises(FAULTS):
            publishing.succeed(worker)
        publishing.drain()
        assert publishing.channel().version == 1 + joined
        assert publishing.channel().published_rev == publishing.edits
        assert publishing.task(task_id).status == tasks.SUCCESS
        assert publishing.is_unlocked()


class TestGiveUp:
    def test_ends_the_task_and_frees_the_channel(self, publishing):
        task_id, worker = begin(publishing)
        for _ in range(MAX_RECEIVES - 1):
            publishing.fail(worker)
            publishing.pass_time(2)
            worker = publishing.receive(only(publishing.waiting))
        publishing.fail(worker)
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.is_unlocked()
        assert publishing.waiting == []

    def test_begins_what_was_asked_for_meanwhile(self, publishing):
        task_id, worker = begin(publishing)
        publishing.request()
        worker.message.receives = MAX_RECEIVES
        publishing.fail(worker)
        publishing.drain()
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.task(following(task_id)).status == tasks.SUCCESS

    def test_leaves_a_task_that_another_worker_is_at(self, publishing):
        task_id, worker = begin(publishing)
        publish_lock.give_up(task_id)
        assert publishing.task(task_id).status == tasks.PENDING
        assert publishing.channel().publish_lease == worker.channel.publish_lease

    def test_leaves_a_task_that_has_ended(self, publishing):
        task_id = publishing.request()
        publishing.drain()
        publish_lock.give_up(task_id)
        publish_lock.give_up("0" * 32)
        assert publishing.task(task_id).status == tasks.SUCCESS


class TestWithLease:
    """As the workers run their stages."""

    def run(self, publishing, work):
        message = only(publishing.waiting)
        with_lease(message.task_id, message.stage, work)

    def test_gives_the_lease_back_after_an_error(self, publishing):
        publishing.request()

        def broken(task, channel):
            assert publishing.channel().publish_lease
            raise RuntimeError("broken")

        with pytest.raises(RuntimeError, match="broken"):
            self.run(publishing, broken)
        assert publishing.channel().publish_lease is None

    def test_ends_a_task_that_cannot_be_published(self, publishing):
        task_id = publishing.request()

        def refuse(task, channel):
            raise NotPublishable("It is empty.")

        self.run(publishing, refuse)
        assert (publishing.task(task_id).status, publishing.task(task_id).detail) == (tasks.FAILURE, "It is empty.")
        assert publishing.is_unlocked()

    def test_gives_the_lease_back_when_the_refusal_cannot_be_written(self, publishing, monkeypatch):
        """Else the message that comes again is turned away for a quarter of an hour."""
        publishing.request()

        def refuse(task, channel):
            raise NotPublishable("It is empty.")

        def broken(*args, **kwargs):
            raise ConnectionError("no answer")

        monkeypatch.setattr(publish.publish_lock, "finish", broken)
        with pytest.raises(ConnectionError):
            self.run(publishing, refuse)
        assert publishing.channel().publish_lease is None

    def test_does_no_work_without_the_lease(self, publishing):
        begin(publishing)
        publishing.waiting.append(Message(publishing.channel().publish_task_id, PUBLISH))
        with pytest.raises(Busy):
            self.run(publishing, lambda task, channel: pytest.fail("two at once"))
