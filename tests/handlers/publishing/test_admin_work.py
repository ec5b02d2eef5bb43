"""What is running or stuck, for administrators: tasks of all channels, and the lengths of queues."""

from datetime import timedelta

import pytest

from chalicelib.aws import queues
from chalicelib.models import tasks
from chalicelib.models.base import now
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.leases import Lease
from chalicelib.models.tasks import Task
from tests.support.aws.calls import counting
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
        assert list(rows) == ["publish", "export", "maintenance", "uploads", "failed"]
        assert rows["publish"] == {"name": "publish", "waiting": 1, "received": 0, "delayed": 0, "dead": 0}
        assert (rows["uploads"]["waiting"], rows["uploads"]["dead"]) == (0, 1)
        studio.cloud.sqs.receive_message(QueueUrl=studio.cloud.queue_urls["publish"])
        assert studio.get(f"{QUEUES}?search=publish", admin).json[0]["received"] == 1

    def test_cost_two_calls_each(self, studio, admin):
        with counting(studio) as watch:
            assert studio.get(QUEUES, admin).status == 200
        assert watch.names[1:] == ["GetQueueAttributes"] * 10
