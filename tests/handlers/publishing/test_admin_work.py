"""What is running or stuck, for administrators: tasks of all channels, and the lengths of queues."""

from datetime import timedelta

import pytest

from chalicelib.aws import queues
from chalicelib.models import tasks
from chalicelib.models.base import now
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.leases import Lease
from chalicelib.models.tasks import Task
from chalicelib.operations.administration import repairs
from chalicelib.operations.publishing import publish_lock
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds.publishing import publish

TASKS, QUEUES = "/api/admin-tasks", "/api/admin-queues"


@pytest.fixture
def admin(studio):
    token = studio.sign_up("admin", is_admin=True)[1]
    assert studio.get("/api/user/me", token).status == 200  # which notes the token's use of the day
    return token


def running(studio, admin):
    answer = studio.get(TASKS, admin)
    assert answer.status == 200, answer.text
    return answer.json


def request_publish(studio, channel_id):
    answer = studio.post(f"/api/channel/{channel_id}/publish", {})
    assert answer.status == 200, answer.text
    return answer.json["task_id"]


def take_lease(channel_id, seconds):
    Channel(channel_id).update(PUBLISH_LEASE.hold(PUBLISH_LEASE.taken(Lease(), "worker", seconds)))


class TestTasks:
    def test_are_listed_until_they_end(self, studio, admin):
        channel_id = publish(studio, "a")
        assert running(studio, admin) == []
        task_id = request_publish(studio, channel_id)
        (row,) = running(studio, admin)
        expected = {"task_id": task_id, "task_name": tasks.PUBLISH, "channel_name": "Channel", "status": "PENDING"}
        assert {name: row[name] for name in expected} == expected
        assert (row["user_email"], row["worker"], row["late"]) == ("chef@example.org", None, False)
        studio.deliver("publish", "export")
        assert running(studio, admin) == []

    def test_of_all_kinds_are_listed(self, studio, admin):
        channel_id, _ = studio.make_channel()
        task_id = studio.finish(channel_id).json["diff_task_id"]
        assert [row["task_id"] for row in running(studio, admin)] == [task_id]
        studio.deliver("maintenance")
        assert running(studio, admin) == []

    def test_are_read_consistently(self, studio, admin):
        """The index may lag: a task that has ended, or that the previous version ended, is not running."""
        task = tasks.new("a" * 32, tasks.DIFF, "b" * 32, studio.user_id)
        task.status = tasks.SUCCESS
        task.save()
        assert running(studio, admin) == []

    def test_survive_their_channel_and_user(self, studio, admin):
        tasks.new("a" * 32, tasks.DIFF, "b" * 32, "c" * 32).save()
        (row,) = running(studio, admin)
        assert (row["channel_name"], row["user_email"]) == (None, None)

    def test_are_late_after_an_hour_without_a_worker(self, studio, admin):
        channel_id = publish(studio, "a")
        task_id = request_publish(studio, channel_id)
        Task(task_id).update([Task.created.set((now() - timedelta(minutes=61)).isoformat())])
        (row,) = running(studio, admin)
        assert (row["late"], row["seconds"] >= 3660) == (True, True)
        take_lease(channel_id, 600)
        (row,) = running(studio, admin)
        assert (row["late"], row["worker"]["killed"], row["worker"]["attempts"]) == (False, False, 0)

    def test_are_late_if_their_worker_was_killed(self, studio, admin):
        channel_id = publish(studio, "a")
        request_publish(studio, channel_id)
        take_lease(channel_id, -600)
        (row,) = running(studio, admin)
        assert (row["late"], row["worker"]["killed"]) == (True, True)

    def test_are_paged_oldest_first(self, studio, admin):
        for number in range(3):
            task = tasks.new(f"{number}" * 32, tasks.DIFF, "b" * 32, studio.user_id)
            task.created = (now() - timedelta(minutes=number)).isoformat()
            task.save()
        page = studio.get(f"{TASKS}?page_size=2", admin).json
        assert (page["count"], [row["task_id"][0] for row in page["results"]]) == (3, ["2", "1"])

    def test_cost_three_reads(self, studio, admin):
        for number in range(20):
            tasks.new(f"{number:032}", tasks.DIFF, f"{number:032}", studio.user_id).save()
        with counting(studio) as watch:
            assert len(running(studio, admin)) == 20
        assert watch.names[1:] == ["Query", "BatchGetItem", "BatchGetItem"]


class TestQueues:
    def test_have_their_lengths(self, studio, admin):
        request_publish(studio, publish(studio, "a"))
        queues.keep_dead_letter(studio.cloud.queue_urls["uploads"], "{}")
        rows = {row["name"]: row for row in studio.get(QUEUES, admin).json}
        assert list(rows) == ["publish", "export", "maintenance", "uploads", "assembly", "failed"]
        assert rows["publish"] == {"name": "publish", "waiting": 1, "received": 0, "delayed": 0, "dead": 0}
        assert (rows["uploads"]["waiting"], rows["uploads"]["dead"]) == (0, 1)
        studio.cloud.sqs.receive_message(QueueUrl=studio.cloud.queue_urls["publish"])
        assert studio.get(f"{QUEUES}?search=publish", admin).json[0]["received"] == 1

    def test_cost_two_calls_each(self, studio, admin):
        with counting(studio) as watch:
            assert studio.get(QUEUES, admin).status == 200
        assert watch.names[1:] == ["GetQueueAttributes"] * 12


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(queues, "_LONG_POLL", 0)


@pytest.mark.usefixtures("quick")
class TestRedrive:
    def redrive(self, studio, admin, queue):
        answer = studio.post(f"{QUEUES}/{queue}/redrive", None, admin)
        assert answer.status == 204, answer.text
        studio.deliver("maintenance")

    @pytest.mark.parametrize("queue", ["publish", "export", "uploads", "assembly", "failed"])
    def test_moves_dead_letters_back(self, studio, admin, queue):
        for body in ("{}", '{"task_id": "x"}'):
            queues.keep_dead_letter(studio.cloud.queue_urls[queue], body)
        self.redrive(studio, admin, queue)
        assert sorted(studio.cloud.bodies(queue)) == ['{"task_id": "x"}', "{}"]
        assert studio.cloud.waiting(f"{queue}-dlq") == 0

    def test_lets_maintenance_process_its_own(self, studio, admin):
        channel_id, _ = studio.make_channel()
        task_id = studio.finish(channel_id).json["diff_task_id"]
        (body,) = studio.cloud.bodies("maintenance")
        studio.cloud.lose_messages("maintenance")
        queues.keep_dead_letter(studio.cloud.queue_urls["maintenance"], body)
        self.redrive(studio, admin, "maintenance")
        studio.deliver("maintenance")
        assert studio.task(task_id)["status"] == tasks.SUCCESS

    def test_is_bounded(self, studio, monkeypatch):
        monkeypatch.setattr(repairs, "MAX_MOVED", 10)
        for _ in range(25):
            queues.keep_dead_letter(studio.cloud.queue_urls["uploads"], "{}")
        repairs.redrive("uploads")
        assert (studio.cloud.waiting("uploads"), studio.cloud.waiting("uploads-dlq")) == (10, 15)

    def test_of_an_unknown_queue_is_404(self, studio, admin):
        assert studio.post(f"{QUEUES}/other/redrive", None, admin).status == 404


class TestEnding:
    def end(self, studio, admin, task_id):
        return studio.post(f"{TASKS}/{task_id}/end", None, admin).status

    def late(self, studio, channel_id):
        task_id = request_publish(studio, channel_id)
        Task(task_id).update([Task.created.set((now() - timedelta(minutes=61)).isoformat())])
        studio.cloud.lose_messages("publish")
        return task_id

    def test_a_late_publish_begins_what_waits_for_it(self, studio, admin):
        channel_id = publish(studio, "a")
        task_id = self.late(studio, channel_id)
        following = studio.post(f"/api/channel/{channel_id}/publish_draft", {}).json["task_id"]
        studio.cloud.lose_messages("publish")
        assert self.end(studio, admin, task_id) == 204
        studio.deliver()
        task = studio.task(task_id)
        assert (task["status"], task["detail"]) == (tasks.FAILURE, repairs.ENDED)
        assert studio.task(following)["status"] == tasks.SUCCESS
        assert self.end(studio, admin, task_id) == 409
        assert studio.publish(channel_id)["status"] == tasks.SUCCESS

    def test_a_task_that_waits_for_a_publish_cannot_be_ended(self, studio, admin):
        channel_id = publish(studio, "a")
        self.late(studio, channel_id)
        following = studio.post(f"/api/channel/{channel_id}/publish_draft", {}).json["task_id"]
        Task(following).update([Task.created.set((now() - timedelta(minutes=61)).isoformat())])
        assert self.end(studio, admin, following) == 409

    def test_a_late_task_of_the_background(self, studio, admin):
        channel_id, _ = studio.make_channel()
        task_id = studio.finish(channel_id).json["diff_task_id"]
        studio.cloud.lose_messages("maintenance")
        Task(task_id).update([Task.created.set((now() - timedelta(minutes=61)).isoformat())])
        assert self.end(studio, admin, task_id) == 204
        studio.deliver("maintenance")
        assert studio.task(task_id)["status"] == tasks.FAILURE

    def test_a_task_that_is_not_late_is_refused(self, studio, admin):
        assert self.end(studio, admin, request_publish(studio, publish(studio, "a"))) == 409
        assert self.end(studio, admin, "0" * 32) == 404
        assert self.end(studio, admin, "x") == 404

    def test_leaves_a_task_to_the_worker_that_has_taken_it_meanwhile(self, studio, admin):
        channel_id = publish(studio, "a")
        task_id = self.late(studio, channel_id)
        assert self.end(studio, admin, task_id) == 204
        task, channel = existing(publish_lock.claim(task_id, "publish"))
        repairs.end_late(task_id)
        assert studio.task(task_id)["status"] not in tasks.FINISHED
        publish_lock.release(task, channel)
