"""A publish that takes longer than its function may run, or whose workers are killed, continues where it was."""

import json
from contextlib import suppress

import pytest

from chalicelib.aws import storage
from chalicelib.errors import Busy
from chalicelib.models import channels, tasks
from chalicelib.models.base import find
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.freezing import checkpoints, frozen_trees
from chalicelib.operations.freezing.checkpoints import Journal
from chalicelib.operations.freezing.spool import Spool
from chalicelib.operations.publishing import prepare, publish_failure, publish_lock, tree_freezing
from tests.support.aws.calls import Watch, counting, watching
from tests.support.existing import existing
from tests.support.worlds import stored_trees

SECONDS_PER_CALL = 0.005
PATH = "/api/internal/publish_channel"


class Killed(BaseException):
    """The process is gone: it makes no further call."""


class Mortal(Watch):
    """Calls take time; the process is killed at the call with the number `failing`."""

    def __init__(self, failing=None, seconds=SECONDS_PER_CALL):
        super().__init__(failing=failing)
        self.now, self.seconds = 0.0, seconds

    def __call__(self, client, operation, arguments):
        self.now += self.seconds
        if self.failing is not None and len(self.names) >= self.failing:
            raise Killed
        return super().__call__(client, operation, arguments)


@pytest.fixture
def channel(studio):
    channel_id, _ = studio.make_channel()
    assert studio.finish(channel_id).status == 200
    stored_trees.fill(existing(channels.get(channel_id)), 25, exercises=4)
    return existing(channels.get(channel_id))


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(tree_freezing, "WINDOW", 5)


def new_task(channel, number=1):
    task = tasks.new(f"{number:032x}", tasks.PUBLISH, channel.id, "2" * 32)
    task.save()
    return task


def freeze(task, channel, worker="worker"):
    """What a worker hands over: the frozen tree, its digest and what was left out."""
    current = existing(tasks.get(task.id))
    channel.publish_worker = worker
    Channel(channel.id).update([Channel.publish_worker.set(worker)])
    with tree_freezing.freeze(current, channel, channel.root_id) as state:
        key = frozen_trees.keep(state.tree, worker)
        return storage.read(key), state.digest, state.found


def watched(studio, watch):
    cloud = studio.cloud
    return watching(watch, own=(cloud.dynamodb, cloud.s3, cloud.sqs))


def number_of_calls(studio, task, channel):
    with counting(studio) as watch:
        freeze(task, channel)
    return len(watch.names)


def test_a_small_tree_has_no_checkpoint(studio, channel):
    task = new_task(channel)
    freeze(task, channel)
    assert checkpoints.of(existing(tasks.get(task.id))) is None


def test_a_worker_that_is_killed_at_any_call_is_followed_by_one_that_continues(
    studio, channel, small_windows, monkeypatch
):
    monkeypatch.setattr(checkpoints, "INTERVAL", 0)
    expected = freeze(new_task(channel, 1), channel)
    freeze(new_task(channel, 2), channel)  # which notes that its archives are stored
    total = number_of_calls(studio, new_task(channel, 3), channel)
    for number in range(0, total, 3):
        task = new_task(channel, 100 + number)
        with pytest.raises(Killed), watched(studio, Mortal(number)):
            freeze(task, channel, f"killed {number}")
        with suppress(Killed), watched(studio, Mortal(number % 11)):
            freeze(task, channel, f"killed {number} again")
        assert freeze(task, channel, f"last {number}") == expected, number


def test_a_worker_continues_after_the_nodes_that_were_read(studio, channel, small_windows, monkeypatch):
    monkeypatch.setattr(checkpoints, "INTERVAL", 0)
    task = new_task(channel)
    total = number_of_calls(studio, new_task(channel, 2), channel)
    with pytest.raises(Killed), watched(studio, Mortal(total - 3)):
        freeze(task, channel)
    with counting(studio) as watch:
        freeze(task, channel)
    assert len(watch.names) < total / 2


def test_workers_share_a_publish_that_is_longer_than_their_time(studio, channel, small_windows, monkeypatch):
    """A limit of 60 s, and calls that take 5 ms each, in a tree for which one worker may make 8 calls."""
    expected = freeze(new_task(channel, 1), channel)
    watch = Mortal(seconds=60 / 8)
    monkeypatch.setattr(checkpoints, "clock", lambda: watch.now)
    monkeypatch.setattr(checkpoints, "MAX_WORK", 60.0)
    monkeypatch.setattr(checkpoints, "INTERVAL", 1000.0)
    task, workers = new_task(channel), 0
    with watched(studio, watch):
        while True:
            workers += 1
            try:
                found = freeze(task, channel, f"worker {workers}")
                break
            except Busy:
                assert workers < 20
    assert found == expected
    assert workers > 2


def test_a_publish_of_many_workers_ends_by_itself(studio, channel, small_windows, monkeypatch):
    monkeypatch.setattr(checkpoints, "MAX_WORK", 0)
    task = studio.publish(channel.id)
    assert (task["status"], task["result"]["version"]) == ("SUCCESS", 1)
    assert existing(channels.get(channel.id)).publish_attempts is None


class TestATreeThatIsEditedMeanwhile:
    @pytest.fixture(autouse=True)
    def interrupted(self, studio, channel, small_windows, monkeypatch):
        monkeypatch.setattr(checkpoints, "MAX_WORK", 0)
        self.task = new_task(channel)
        with pytest.raises(Busy):
            freeze(self.task, channel)
        monkeypatch.undo()

    def edit(self, channel, title):
        node = existing(find(Node, stored_trees.fill(channel, 1)[0]["id"]))
        stored_trees.fill(channel, 25, exercises=4)
        node.title = title
        node.save()
        Channel(channel.id).update([Channel.rev.add(1)])
        return existing(channels.get(channel.id))

    def test_is_read_from_the_beginning(self, channel):
        channel = self.edit(channel, "Edited")
        assert freeze(self.task, channel) == freeze(new_task(channel, 2), channel)
        with tree_freezing.freeze(self.task, channel, channel.root_id) as state:
            assert "Edited" in [node["title"] for node in state.tree.nodes()]

    def test_is_refused_if_that_never_ends(self, channel, monkeypatch):
        monkeypatch.setattr(checkpoints, "MAX_WORK", 0)
        for number in range(checkpoints.MAX_RESTARTS):
            channel = self.edit(channel, f"Edit {number}")
            with pytest.raises(Busy):
                freeze(self.task, channel)
        channel = self.edit(channel, "The last straw")
        with pytest.raises(tree_freezing.NotPublishable, match="nobody edits"):
            freeze(self.task, channel)


def test_killed_workers_that_came_further_do_not_count_as_failures(studio, channel, tmp_path):
    task_id = studio.post(PATH, {"channel_id": channel.id, "version_notes": ""}).json["task_id"]

    def next_worker():
        Channel(channel.id).update([Channel.publish_lease.set(1)])  # the last one was killed
        return existing(publish_lock.claim(task_id, publish_lock.PUBLISH))

    for _ in range(publish_failure.MAX_ATTEMPTS + 2):
        task, claimed = next_worker()
        assert not publish_failure.is_killed_too_often(task, claimed)
        with Spool(tmp_path / "nodes") as spool:
            Journal(task, claimed, checkpoints.tree_of(claimed, [claimed.root_id])).save(spool, {})
    for _ in range(publish_failure.MAX_ATTEMPTS):
        task, claimed = next_worker()
    assert publish_failure.is_killed_too_often(task, claimed)


def test_a_late_worker_does_not_replace_what_the_next_one_has_noted(studio, channel, tmp_path):
    task_id = studio.post(PATH, {"channel_id": channel.id, "version_notes": ""}).json["task_id"]
    late, claimed = existing(publish_lock.claim(task_id, publish_lock.PUBLISH))
    Channel(channel.id).update([Channel.publish_lease.set(1)])  # its process is frozen
    prepare.run(task_id)
    tree = checkpoints.tree_of(claimed, [claimed.root_id])
    with Spool(tmp_path / "nodes") as spool, pytest.raises(Busy, match="taken over"):
        Journal(late, claimed, tree).save(spool, {})
    studio.deliver()
    assert existing(tasks.get(task_id)).status == tasks.SUCCESS


def test_a_dead_letter_of_a_publish_that_came_further_is_replaced_once(studio, channel, small_windows, monkeypatch):
    monkeypatch.setattr(checkpoints, "MAX_WORK", 0)
    task_id = studio.post(PATH, {"channel_id": channel.id, "version_notes": ""}).json["task_id"]
    studio.cloud.sqs.purge_queue(QueueUrl=studio.cloud.queue_urls["publish"])
    task, claimed = existing(publish_lock.claim(task_id, publish_lock.PUBLISH))
    with pytest.raises(Busy), tree_freezing.freeze(task, claimed, claimed.root_id):
        pass
    publish_lock.release(task, claimed)
    assert publish_failure.give_up_or_continue({"task_id": task_id})
    assert studio.cloud.waiting("publish") == 1
    assert existing(tasks.get(task_id)).status == tasks.STARTED
    assert publish_failure.give_up_or_continue({"task_id": task_id})  # the dead letter may arrive twice
    (message, again) = map(json.loads, studio.cloud.bodies_of("publish"))
    assert message == again == {"task_id": task_id, "since": 1}
    assert not publish_failure.give_up_or_continue(message)
    assert existing(tasks.get(task_id)).status == tasks.FAILURE


def test_parts_that_are_gone_are_read_again(studio, channel, small_windows, monkeypatch):
    expected = freeze(new_task(channel, 1), channel)
    task = new_task(channel, 2)
    monkeypatch.setattr(checkpoints, "MAX_WORK", 0)
    with pytest.raises(Busy):
        freeze(task, channel)
    monkeypatch.undo()
    for key in existing(checkpoints.of(existing(tasks.get(task.id))))["parts"]:
        storage.delete(key)
    assert freeze(task, channel) == expected
