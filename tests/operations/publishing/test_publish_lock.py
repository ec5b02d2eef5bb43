"""Requests take the publish lock or join the running publish."""

import pytest

from chalicelib.errors import Busy
from chalicelib.models import tasks
from chalicelib.operations.publishing.publish_lock import EXPORT, LEASE, PUBLISH
from tests.operations.publishing.publish_steps import at_export, begin, only, sent
from tests.support.worlds.publishing_world import Publishing, following


class TestRequest:
    def test_starts_a_task_and_sends_its_message(self, publishing):
        task_id = publishing.request(notes="First")
        assert sent(publishing) == [(task_id, PUBLISH)]
        task = publishing.task(task_id)
        assert (task.status, task.arguments) == (tasks.PENDING, {"version_notes": "First"})
        assert publishing.channel().publish_task_id == task_id

    def test_joins_the_running_task(self, publishing):
        task_id, _ = begin(publishing)
        assert publishing.request() == publishing.request() == task_id
        assert sent(publishing) == []

    def test_joins_a_task_started_since_the_channel_was_read(self, publishing):
        stale = publishing.channel()
        task_id = publishing.request()
        assert publishing.request(stale) == task_id

    def test_joining_an_unclaimed_task_sends_its_message_again(self, publishing):
        """It may never have been sent: the first request may have been killed before."""
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

    def test_must_be_repeated_if_the_task_has_just_ended(self, publishing):
        publishing.request()
        stale = publishing.channel()
        publishing.drain()
        with pytest.raises(Busy):
            publishing.request(stale)
        assert publishing.is_unlocked()

    def test_does_not_lock_another_channel(self, publishing):
        begin(publishing)
        other = Publishing()
        with other.running():
            task_id = other.request()
            assert sent(other) == [(task_id, PUBLISH)]


class TestFollowUp:
    def test_runs_once_for_all_joined_requests(self, publishing):
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

    def test_does_not_run_without_a_joined_request(self, publishing):
        task_id = publishing.request()
        publishing.drain()
        assert tasks.get(following(task_id)) is None
        assert publishing.channel().version == 1

    def test_can_be_joined(self, publishing):
        first, worker = begin(publishing)
        publishing.request()
        publishing.succeed(worker)
        publishing.succeed(publishing.receive(only(publishing.waiting)))
        second = following(first)
        assert publishing.request() == second
        publishing.drain()
        assert [publishing.task(id).status for id in (first, second, following(second))] == [tasks.SUCCESS] * 3
        assert publishing.channel().version == 3

    def test_runs_after_a_failed_publish(self, publishing):
        task_id, worker = begin(publishing)
        publishing.request()
        publishing.refuse(worker)
        assert publishing.task(task_id).status == tasks.FAILURE
        publishing.drain()
        assert publishing.task(following(task_id)).status == tasks.SUCCESS
        assert publishing.channel().version == 1

    def test_takes_the_lock_when_the_first_releases_it(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.request()
        publishing.succeed(worker)
        assert publishing.channel().publish_task_id == following(task_id)
        assert publishing.channel().publish_again is None
        assert sent(publishing) == [(following(task_id), PUBLISH)]

    def test_is_not_lost_if_requested_while_the_first_ends(self, publishing):
        _, worker = at_export(publishing)
        stale = worker.channel
        publishing.request(notes="Late")
        assert stale.publish_again is None
        publishing.succeed(worker)
        publishing.drain()
        assert publishing.channel().version == 2
        assert publishing.channel().published_rev == publishing.edits

    def test_is_started_by_the_first_message_if_its_own_was_lost(self, publishing):
        task_id, worker = at_export(publishing)
        publishing.request()
        message = worker.message
        publishing.succeed(worker)
        publishing.waiting[:] = [message]  # it was not deleted in time, and the new one was never sent
        assert publishing.receive(message) is None
        assert sent(publishing) == [(following(task_id), PUBLISH)]
