"""The trash of a channel: nodes are restorable for a time, then deleted for good."""

from datetime import timedelta

import pytest

from chalicelib.models import channels, nodes
from chalicelib.models.base import now
from chalicelib.models.changes import Change, counter_of
from chalicelib.models.nodes import Node
from chalicelib.operations.nodes import node_moves, purging
from chalicelib.operations.retention import trash
from tests.support.aws import rights_check
from tests.support.existing import existing
from tests.support.worlds import nodes as made
from tests.support.worlds import retention, storage

PDF = b"%PDF-1.4 of the trash"


@pytest.fixture
def place(studio):
    """(id of a channel with a topic that has a document, id of the topic)."""
    channel_id, root = studio.make_channel()
    topic = next(iter(studio.add(root, made.topic("top")).values()))
    pdf = storage.put(studio, PDF, "pdf")
    studio.add(topic, made.resource("d", files=[made.file(pdf)]))
    assert studio.finish(channel_id).status == 200
    return channel_id, topic


def delete(studio, node_id, days=0.0):
    """Delete a node, and let days pass."""
    assert studio.call("DELETE", f"/api/contentnode/{node_id}").status == 204
    deleted_at = existing(nodes.get(node_id)).deleted_at
    Node(node_id).update([Node.deleted_at.set(deleted_at - timedelta(days=days))])
    storage.drain(studio)


def test_is_deleted_for_good_when_its_time_is_over(studio, place):
    channel_id, topic = place
    delete(studio, topic, 30.01)
    retention.walk(studio)
    assert nodes.get(topic) is None
    assert storage.used(studio.cloud) == storage.charged(studio.cloud) == {studio.user_id: 0}
    assert existing(nodes.get(existing(channels.get(channel_id)).trash_root_id)).total_count == 0


def test_stays_until_then(studio, place):
    _, topic = place
    delete(studio, topic, 29.99)
    retention.walk(studio)
    assert studio.post(f"/api/contentnode/{topic}/restore", {}).status == 200
    assert existing(nodes.get(topic)).deleted_at is None


def test_sync_clients_learn_of_it_and_the_channel_has_no_unpublished_changes(studio, place):
    channel_id, topic = place
    delete(studio, topic, 31)
    before, last = existing(channels.get(channel_id)).rev, counter_of(channel_id).last
    retention.walk(studio)
    assert existing(channels.get(channel_id)).rev == before
    change = existing(Change.get(channel_id, last + 1))
    assert [change.type, change.table, change.key, change.created_by_id] == [3, "contentnode", topic, None]


def test_the_time_begins_again_with_each_deletion_but_not_within_the_trash(studio, place):
    channel_id, topic = place
    child = existing(nodes.get(topic))
    assert child.deleted_at is None
    delete(studio, topic, 20)
    first = existing(nodes.get(topic)).deleted_at
    root = existing(channels.get(channel_id)).trash_root_id
    assert studio.post(f"/api/contentnode/{topic}/move", {"target": root, "position": "first-child"}).status == 200
    assert existing(nodes.get(topic)).deleted_at == first
    assert studio.post(f"/api/contentnode/{topic}/restore", {}).status == 200
    delete(studio, topic)
    assert now() - existing(nodes.get(topic)).deleted_at < timedelta(minutes=1)


def test_shows_until_when_it_can_be_restored(studio, place):
    _, topic = place
    assert "restorable_until" not in studio.get(f"/api/contentnode/{topic}").json
    delete(studio, topic)
    (row,) = studio.get("/api/contentnode?deleted=true&kind=topic").json["results"]
    wanted = existing(nodes.get(topic)).deleted_at + timedelta(days=30)
    assert row["restorable_until"][:19] == wanted.isoformat()[:19]


def test_nodes_that_an_earlier_version_moved_there_have_the_whole_time_from_the_upgrade_on(studio, place):
    """It did not record when, nor tell that they would be deleted."""
    _, topic = place
    delete(studio, topic)
    Node(topic).update([Node.deleted_at.remove(), Node.modified.set(now() - timedelta(days=400))])
    (row,) = studio.get("/api/contentnode?deleted=true&kind=topic").json["results"]
    assert row["restorable_until"] > (now() + timedelta(days=29)).isoformat()
    retention.walk(studio)
    noted = existing(nodes.get(topic)).deleted_at
    assert now() - noted < timedelta(minutes=1)
    retention.walk(studio)
    assert existing(nodes.get(topic)).deleted_at == noted
    Node(topic).update([Node.deleted_at.set(noted - timedelta(days=30))])
    retention.walk(studio)
    assert nodes.get(topic) is None


def test_a_deleted_channel_keeps_its_trash(studio, place):
    channel_id, topic = place
    delete(studio, topic, 31)
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    retention.walk(studio)
    assert nodes.get(topic) is not None


@pytest.mark.parametrize("is_first", [True, False], ids=["restored first", "expired first"])
def test_is_restored_or_deleted_whole(studio, place, monkeypatch, is_first):
    channel_id, topic = place
    delete(studio, topic, 31)
    outcome = []

    def restore():
        outcome.append(studio.post(f"/api/contentnode/{topic}/restore", {}).status)

    def expire():
        with rights_check.judge.running("maintenance"):
            trash.end(channel_id, "")

    module, slow, fast = (purging, expire, restore) if is_first else (node_moves, restore, expire)
    commit = module.commit
    met: list[bool] = []

    def commit_late(changes):
        if not met:
            met.append(True)
            fast()
        return commit(changes)

    monkeypatch.setattr(module, "commit", commit_late)
    slow()
    storage.drain(studio)
    assert outcome == [200 if is_first else 404]
    assert (nodes.get(topic) is not None) == is_first
    channel = existing(channels.get(channel_id))
    assert existing(nodes.get(channel.trash_root_id)).total_count == 0
    assert existing(nodes.get(channel.root_id)).total_count == (2 if is_first else 0)


def test_works_in_small_steps(studio, monkeypatch):
    monkeypatch.setattr(trash, "MAX_SECONDS", 0)
    monkeypatch.setattr(trash, "PAGE", 1)
    channel_id, root = studio.make_channel()
    ids = list(studio.add(root, *(made.topic(f"t{number}") for number in range(3))).values())
    assert studio.finish(channel_id).status == 200
    for node_id in ids:
        delete(studio, node_id, 31)
    retention.walk(studio)
    assert [nodes.get(node_id) for node_id in ids] == [None] * 3
