"""A publish includes the changes that sync accepted before it, also those that a worker applies."""

import json

import pytest

from chalicelib.aws import queues
from chalicelib.models import changes, tasks
from chalicelib.operations.publishing import pending_changes
from chalicelib.operations.sync import apply
from chalicelib.schemas import sync
from tests.support.aws.calls import counting
from tests.support.worlds import nodes, syncing
from tests.support.worlds.contentnode import URL, change, empty_tree, row
from tests.support.worlds.published import rows

TITLES = "select title from content_contentnode where kind != 'topic'"


class World:
    """A channel with a copy of a document, whose source has another title since."""

    def __init__(self, studio):
        self.studio = studio
        source, chef_root = studio.make_channel("Source")
        pdf = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
        (document,) = studio.add(chef_root, nodes.resource("old", files=[pdf])).values()
        studio.finish(source)
        self.root = empty_tree(studio)
        self.channel_id = row(studio, self.root)["channel_id"]
        self.copy = studio.post(f"{URL}/{document}/copy", {"target": self.root}).json["id"]
        change(studio, document, title="new")
        self.client = syncing.Client(studio, self.channel_id)
        self.client.poll()

    def pull(self):
        """Send a change that a request leaves to a worker."""
        parts = {"titles_and_descriptions": True, "resource_details": False, "files": False, "assessment_items": False}
        self.client.send(self.client.change(sync.SYNCED, "channel", self.channel_id, **parts))
        assert changes.counter_of(self.channel_id).has_pending

    def request(self, path, body=None):
        answer = self.studio.post(path, {"channel_id": self.channel_id} if body is None else body)
        assert answer.status < 300, answer.text
        return answer.json["task_id"]

    def publish(self):
        return self.request("/api/internal/publish_channel")

    def status(self, task_id):
        return self.studio.task(task_id)["status"]

    @property
    def published(self):
        return rows(self.studio, self.channel_id, TITLES)


@pytest.fixture
def world(studio, monkeypatch):
    monkeypatch.setattr(pending_changes, "MAX_WAIT", 0)
    monkeypatch.setattr(pending_changes, "RETRY", 0)
    return World(studio)


def test_a_publish_waits_for_a_change_that_a_worker_applies(studio, world):
    world.pull()
    task_id = world.publish()
    studio.deliver()
    assert world.status(task_id) == "SUCCESS"
    assert world.published == [("new",)]


def test_nothing_is_frozen_before_the_change_is_applied(studio, world):
    world.pull()
    task_id = world.publish()
    (message,) = studio._receive("publish")
    assert not studio._work("publish", message)  # it is sent again
    assert world.status(task_id) == "PENDING"
    studio.deliver("maintenance")
    studio.deliver()
    assert world.published == [("new",)]


def test_a_publish_does_not_wait_for_later_changes(studio, world):
    world.pull()
    task_id = world.publish()
    (message,) = studio._receive("publish")
    studio._work("publish", message)
    studio.deliver("maintenance")
    world.pull()
    (message,) = studio._receive("publish")
    studio._work("publish", message)
    assert changes.counter_of(world.channel_id).has_pending
    studio.deliver("export")
    assert world.status(task_id) == "SUCCESS"


def test_a_draft_waits_too(studio, world):
    world.pull()
    task_id = world.request(f"/api/channel/{world.channel_id}/publish_draft", {})
    studio.deliver()
    assert world.status(task_id) == "SUCCESS"
    assert rows(studio, world.channel_id, TITLES, "next") == [("new",)]


def test_a_publish_by_sync_follows_the_changes_before_it(studio, world):
    world.pull()
    world.client.send(world.client.change(sync.PUBLISHED, "channel", world.channel_id, version_notes="", language="en"))
    studio.deliver()
    assert world.published == [("new",)]


def test_changes_whose_messages_are_late_are_sent_again(studio, world):
    world.pull()
    studio.cloud.lose_messages("maintenance")
    world.publish()
    studio.deliver()
    assert world.published == [("new",)]


def test_a_publish_without_pending_changes_costs_one_read_more(studio, world):
    world.publish()
    (message,) = studio._receive("publish")
    with counting(studio) as calls:
        assert not pending_changes.wait(_task(message))
    assert calls.names == ["GetItem", "GetItem"]  # the task, and the counter of the feed


def _task(message):
    task = tasks.get(json.loads(message["Body"])["task_id"])
    assert task
    return task


def test_a_request_releases_its_lease_before_a_worker_needs_it(studio, world, monkeypatch):
    """The worker's message is not delayed; another one arrives late, in case the request is killed before it."""
    sent = []

    def send(job, delay=0):
        sent.append((delay, changes.counter_of(job["owner"]).is_free))

    monkeypatch.setattr(queues, "send_maintenance", send)
    world.pull()
    assert sent == [(apply.LEASE, False), (0, True)]
