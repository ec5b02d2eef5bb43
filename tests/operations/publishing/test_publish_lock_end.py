"""The publish lock is handed over and always released."""

import pytest

from chalicelib.errors import Busy
from chalicelib.handlers.workers import MAX_RECEIVES
from chalicelib.models import changes, channels, tasks
from chalicelib.models.base import now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.operations.publishing import publish_failure, publish_lock
from chalicelib.operations.publishing.prepare import with_lease
from chalicelib.operations.publishing.publish_lock import EXPORT, PUBLISH
from chalicelib.operations.publishing.tree_freezing import NotPublishable
from tests.operations.publishing.publish_steps import at_export, begin, only, sent
from tests.support.existing import existing
from tests.support.worlds.publishing_world import FAULTS, VISIBILITY, Message, following


class TestHandOver:
    def test_passes_the_arguments_of_the_export(self, publishing):
        task_id, worker = begin(publishing, notes="First")
        publish_lock.hand_over(worker.task, worker.channel, rev=3, digest="d")
        assert publishing.task(task_id).arguments == {"version_notes": "First", "rev": 3, "digest": "d"}
        assert sent(publishing) == [(task_id, EXPORT)]
        assert publishing.channel().publish_lease is None

    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    @pytest.mark.parametrize("call", range(2))
    def test_recovers_from_a_failure_of_any_call(self, publishing, call, lost):
        _, worker = begin(publishing)
        with publishing.faulty((call, lost)), pytest.raises(FAULTS):
            publishing.succeed(worker)
        publishing.drain()
        assert publishing.channel().version == 1
        assert publishing.is_unlocked()


class TestLateWorker:
    """A worker whose lease has expired and whose task another worker has taken."""

    @pytest.fixture
    def late(self, publishing):
        _, worker = begin(publishing)
        publishing.die(worker)
        publishing.pass_time(VISIBILITY)
        publishing.receive(only(publishing.waiting))
        return worker

    def test_cannot_hand_over(self, publishing, late):
        before = publishing.channel()
        publish_lock.hand_over(late.task, late.channel, rev=99)
        assert publishing.channel().attribute_values == before.attribute_values
        assert publishing.task(late.task.id).arguments == {"version_notes": ""}
        assert publishing.waiting == []

    def test_cannot_finish(self, publishing, late):
        assert not publish_lock.finish(late.task, late.channel, tasks.FAILURE, "Late.", {}, [])
        assert publishing.task(late.task.id).status == tasks.PENDING
        publishing.drain()
        assert publishing.channel().version == 1


class TestFinish:
    def test_changes_channel_task_and_items_together(self, publishing):
        task_id, worker = at_export(publishing)
        item = ChannelVersion(
            publishing.channel_id, 1, id="v", size=1, resource_count=1, kind_count={}, included_languages=[],
            date_published=now(),
        )  # fmt: skip
        publish_lock.finish(worker.task, worker.channel, tasks.SUCCESS, "Done", {"version": 1}, [item], {"version": 1})
        task = publishing.task(task_id)
        assert (task.status, task.progress, task.detail, task.result) == (tasks.SUCCESS, 100, "Done", {"version": 1})
        assert ChannelVersion.get(publishing.channel_id, 1).size == 1
        assert publishing.channel().version == 1
        assert publishing.is_unlocked()

    def test_keeps_the_progress_on_failure(self, publishing):
        task_id, worker = begin(publishing)
        tasks.advance(worker.task, 30, "On the way")
        publishing.refuse(worker)
        assert (publishing.task(task_id).status, publishing.task(task_id).progress) == (tasks.FAILURE, 30)

    def test_by_a_worker_that_lost_its_lease_changes_nothing(self, publishing):
        task_id, worker = at_export(publishing)
        publish_lock.release(worker.task, worker.channel)
        publish_failure.give_up(task_id)
        publishing.succeed(worker)
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.channel().version == 0

    @pytest.mark.parametrize(("joined", "call"), [(False, 0), *((True, call) for call in range(4))])
    @pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
    def test_recovers_from_a_failure_of_any_call(self, publishing, joined, call, lost):
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

    def test_that_always_loses_a_race_lets_its_message_come_again(self, publishing, monkeypatch):
        """Every change of the channel, and every one that sync clients send, costs a race."""
        task_id, worker = at_export(publishing)
        pauses: list[int] = []
        monkeypatch.setattr(changes, "pause", lambda number, _: pauses.append(number))
        lost = iter([["ConditionalCheckFailed"]] * 100)
        monkeypatch.setattr(publish_lock, "transact", lambda _: next(lost))
        with pytest.raises(Busy):
            publish_lock.finish(worker.task, worker.channel, tasks.SUCCESS, "Done", {"version": 1}, [])
        monkeypatch.undo()
        assert pauses == list(range(20))
        assert (publishing.task(task_id).status, publishing.channel().version) == (tasks.PENDING, 0)


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

    def test_starts_the_next_pending_request(self, publishing):
        task_id, worker = begin(publishing)
        publishing.request()
        worker.message.receives = MAX_RECEIVES
        publishing.fail(worker)
        publishing.drain()
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.task(following(task_id)).status == tasks.SUCCESS

    def test_is_postponed_while_another_worker_processes_the_task(self, publishing):
        task_id, worker = begin(publishing)
        with pytest.raises(Busy):
            publish_failure.give_up(task_id)
        assert publishing.task(task_id).status == tasks.PENDING
        assert publishing.channel().publish_lease == worker.channel.publish_lease

    def test_ignores_a_task_that_ends_concurrently(self, publishing, monkeypatch):
        task_id, worker = at_export(publishing)
        publish_lock.release(worker.task, worker.channel)
        read = channels.get

        def overtaken(channel_id):
            found = read(channel_id)
            monkeypatch.setattr(channels, "get", read)
            task, channel = existing(publish_lock.claim(task_id, EXPORT))
            publish_lock.finish(task, channel, tasks.SUCCESS, "Done.", {"version": 1}, [])
            return found

        monkeypatch.setattr(channels, "get", overtaken)
        monkeypatch.setattr(publish_failure, "_restore_database", lambda _: pytest.fail("another version is live"))
        with pytest.raises(Busy):
            publish_failure.give_up(task_id)
        publish_failure.give_up(task_id)
        assert (publishing.task(task_id).status, publishing.channel().version) == (tasks.SUCCESS, 1)

    def test_excludes_other_workers_while_it_runs(self, publishing, monkeypatch):
        task_id, worker = at_export(publishing)
        publish_lock.release(worker.task, worker.channel)

        def restore(_):
            with pytest.raises(Busy):
                publish_lock.claim(task_id, EXPORT)

        monkeypatch.setattr(publish_failure, "_restore_database", restore)
        publish_failure.give_up(task_id)
        assert publishing.task(task_id).status == tasks.FAILURE
        assert publishing.is_unlocked()

    def test_releases_the_lease_after_a_failure(self, publishing, monkeypatch):
        task_id, worker = at_export(publishing)
        publish_lock.release(worker.task, worker.channel)
        monkeypatch.setattr(publish_failure, "_restore_database", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish_failure.give_up(task_id)
        assert publishing.channel().publish_lease is None

    def test_ignores_a_task_that_has_ended(self, publishing):
        task_id = publishing.request()
        publishing.drain()
        publish_failure.give_up(task_id)
        publish_failure.give_up("0" * 32)
        assert publishing.task(task_id).status == tasks.SUCCESS


class TestWithLease:
    """Stages run by workers."""

    def run(self, publishing, work):
        message = only(publishing.waiting)
        with_lease(message.task_id, message.stage, work)

    def test_releases_the_lease_after_an_error(self, publishing):
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

    def test_releases_the_lease_when_the_refusal_cannot_be_stored(self, publishing, monkeypatch):
        """Otherwise the redelivered message would be rejected for 15 minutes."""
        publishing.request()

        def refuse(task, channel):
            raise NotPublishable("It is empty.")

        def broken(*args, **kwargs):
            raise ConnectionError("no answer")

        monkeypatch.setattr(publish_lock, "finish", broken)
        with pytest.raises(ConnectionError):
            self.run(publishing, refuse)
        assert publishing.channel().publish_lease is None

    def test_does_not_run_without_the_lease(self, publishing):
        begin(publishing)
        publishing.waiting.append(Message(publishing.channel().publish_task_id, PUBLISH))
        with pytest.raises(Busy):
            self.run(publishing, lambda task, channel: pytest.fail("two at once"))
