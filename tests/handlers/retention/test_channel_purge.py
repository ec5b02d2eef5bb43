"""Deleted channels: restorable for a time, then deleted for good, with everything that has their id."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib.config import settings
from chalicelib.domain.storage.retention import CHANNELS
from chalicelib.errors import Busy
from chalicelib.models import channel_purges, channels, users
from chalicelib.models.base import now
from chalicelib.models.changes import Change, counter_of
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.operations.nodes import purging
from chalicelib.operations.retention import channel_purge, retention_walk
from chalicelib.operations.storage import channel_files, tree_files
from tests.conftest import BUCKET
from tests.support.existing import existing
from tests.support.worlds import leaving, nodes, retention, storage
from tests.support.worlds.leaving import leaver

# Where the id of a channel may stay that is deleted for good.
STAYS = {
    "changes": "the counter of its feed, until clients know no revision of it any more",
    "tasks": "they expire by themselves, as long after they were requested as channels after their deletion",
    "storage_reports": "what a user's channels took when it was counted last, until it is counted again",
    "clipboard": "entries stay until their user deletes them, as for other sources that are gone",
}


@pytest.fixture
def whole(studio):
    """A user who has something of everything."""
    return leaver(studio)


@pytest.fixture
def me(studio):
    """A user with a channel, `own`, of a topic."""
    own, root = studio.make_channel()
    studio.add(root, nodes.topic("t"))
    assert studio.finish(own).status == 200
    return SimpleNamespace(studio=studio, own=own)


def delete(studio, channel_id):
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    studio.deliver()


def keys(studio):
    return [item["Key"] for item in studio.cloud.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_nothing_has_the_id_of_a_purged_channel(whole):
    studio, own = whole.studio, whole.own
    assert studio.post("/api/bookmark", {"channel": own}, whole.other_token).status == 201
    assert studio.post("/api/internal/publish_channel", {"channel_id": own}).status == 200
    storage.drain(studio)
    member = existing(users.get(whole.user_id)).edit_count
    retention.purge(studio, own)
    retention.walk(studio)
    assert channels.get(own) is None
    left = {
        table: [item for item in items if own in json.dumps(item)]
        for table, items in leaving.everything(studio).items()
    }
    assert {table for table, items in left.items() if items} <= set(STAYS), left
    assert [int(item["rev"]["N"]) for item in left["changes"] if item["owner"]["S"] == own] == [0]
    assert not [key for key in keys(studio) if own in key]
    assert existing(users.get(whole.user_id)).edit_count == member - 1
    assert storage.used(studio.cloud) == storage.charged(studio.cloud)


def test_files_that_another_channel_has_stay(whole):
    studio = whole.studio
    shared = existing(channels.get(whole.shared)).root_id
    before = keys(studio)
    retention.purge(studio, whole.own)
    assert existing(channels.get(whole.shared)).root_id == shared
    stored = {key for key in before if key.startswith("content/storage/")}
    assert stored <= set(keys(studio)), "content files are not deleted here"
    assert not storage.unreferenced(studio.cloud)


def test_stays_until_its_time_is_over(me):
    delete(me.studio, me.own)
    retention.age(me.own, CHANNELS.default - 0.01)
    retention.walk(me.studio)
    assert me.studio.post(f"/api/channel/{me.own}/restore").status == 200
    assert channel_purges.get(me.own) is None


def test_the_time_is_a_setting(me, monkeypatch):
    monkeypatch.setenv("RETENTION", "channels=2")
    settings.cache_clear()
    try:
        delete(me.studio, me.own)
        retention.age(me.own, 2.01)
        retention.walk(me.studio)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert channels.get(me.own) is None


def test_shows_until_when_it_can_be_restored(me):
    url = f"/api/channel/{me.own}"
    assert "restorable_until" not in me.studio.get(url).json
    delete(me.studio, me.own)
    shown = me.studio.get(url).json["restorable_until"]
    deleted_at = existing(channels.get(me.own)).deleted_at
    assert shown[:19] == (deleted_at + timedelta(days=30)).isoformat()[:19]
    assert me.studio.post(f"{url}/restore").status == 200
    assert "restorable_until" not in me.studio.get(url).json


def test_a_second_deletion_begins_the_time_again(me):
    delete(me.studio, me.own)
    retention.age(me.own, 40)
    assert me.studio.post(f"/api/channel/{me.own}/restore").status == 200
    delete(me.studio, me.own)
    retention.walk(me.studio)
    assert existing(channels.get(me.own)).deleted


def test_administrators_delete_for_the_same_time(me):
    _, admin = me.studio.sign_up("moderator", is_admin=True)
    url = f"/api/admin-channels/{me.own}"
    assert me.studio.call("PATCH", url, {"deleted": True}, admin).status == 200
    first = existing(channels.get(me.own)).deleted_at
    assert me.studio.call("PATCH", url, {"deleted": True}, admin).status == 200
    assert existing(channels.get(me.own)).deleted_at == first
    retention.age(me.own, 31)
    retention.walk(me.studio)
    assert channels.get(me.own) is None


def test_the_time_of_a_channel_that_an_earlier_version_deleted_begins_with_the_walk(me):
    delete(me.studio, me.own)
    Channel(me.own).update([Channel.deleted_at.remove()])
    assert "restorable_until" not in me.studio.get(f"/api/channel/{me.own}").json
    retention.walk(me.studio)
    assert now() - existing(channels.get(me.own)).deleted_at < timedelta(minutes=1)


def test_cannot_be_restored_once_it_is_being_removed(me, monkeypatch):
    delete(me.studio, me.own)
    retention.age(me.own, 31)
    monkeypatch.setattr(channel_purge, "STEPS", ())
    channel_purge.purge(me.own)
    answer = me.studio.post(f"/api/channel/{me.own}/restore")
    assert (answer.status, "is being deleted for good" in answer.text) == (404, True)
    assert channels.get(me.own) is None


@pytest.mark.parametrize("is_first", [True, False], ids=["restored first", "purged first"])
def test_is_restored_or_purged_whole(whole, monkeypatch, is_first):
    """A restore that has read the channel meets the purge, in both orders."""
    delete(whole.studio, whole.own)
    retention.age(whole.own, 31)
    begin, prepare = channel_purges.begin, channel_files.prepare_deleted
    outcome: list[int] = []

    def restore_before(channel):
        outcome.append(whole.studio.post(f"/api/channel/{whole.own}/restore").status)
        return begin(channel)

    def purge_before(channel, deleted):
        prepare(channel, deleted)
        retention.run_beside(whole.own)

    with monkeypatch.context() as patch:
        if is_first:
            patch.setattr(channel_purges, "begin", restore_before)
            channel_purge.purge(whole.own)
        else:
            patch.setattr(channel_files, "prepare_deleted", purge_before)
            outcome.append(whole.studio.post(f"/api/channel/{whole.own}/restore").status)
    retention.walk(whole.studio)
    assert outcome == [200 if is_first else 404]
    found = channels.get(whole.own)
    assert (found is not None, channel_purges.get(whole.own)) == (is_first, None)
    if found is not None:
        assert not found.deleted
        assert whole.studio.get(f"/api/contentnode?parent={found.root_id}").json["results"]
        assert whole.studio.database(whole.own)


def test_its_id_can_be_used_again(me):
    """As ricecooker derives ids of channels, and learners' Kolibris know the channel by it."""
    studio = me.studio
    last = counter_of(me.own).last
    retention.purge(studio, me.own)
    channel_id, root = studio.make_channel("Again", me.own)
    assert channel_id == me.own
    studio.add(root, nodes.topic("t"))
    assert studio.finish(channel_id).status == 200
    counter = existing(Change.get(me.own, 0))
    assert counter.last > last, "clients that followed the former channel get the new one's changes"
    assert counter.expires is None, "the counter of a channel that exists does not expire"
    assert existing(channels.get(me.own)).version == 0


def test_its_id_waits_until_everything_is_removed(me):
    studio = me.studio
    delete(studio, me.own)
    retention.age(me.own, 31)
    channel_purge.purge(me.own)
    created = {"channel_data": {"id": me.own, "name": "n", "has_changed": True}}
    for path, body in (("/api/internal/create_channel", created), ("/api/channel", {"id": me.own, "name": "n"})):
        answer = studio.post(path, body)
        assert (answer.status, "what is left of it is being removed" in answer.text) == (409, True), path
    retention.walk(studio)
    assert studio.post("/api/channel", {"id": me.own, "name": "n"}).status == 201


def test_channel_sets_lose_it(whole):
    retention.purge(whole.studio, whole.own)
    retention.walk(whole.studio)  # that of the next day
    assert [one.channel_ids for one in storage.stored(whole.studio.cloud, ChannelSet)] == [[whole.shared]]


def test_works_in_small_steps(whole, monkeypatch):
    monkeypatch.setattr(channel_purge, "MAX_SECONDS", 0)
    monkeypatch.setattr(retention_walk, "MAX_SECONDS", 0)
    monkeypatch.setattr(retention_walk, "PAGE", 1)
    monkeypatch.setattr(purging, "MAX_NODES", 1)
    monkeypatch.setattr(tree_files, "CHUNK", 1)
    monkeypatch.setattr(channel_files, "PAGE", 1)
    retention.purge(whole.studio, whole.own)
    assert channels.get(whole.own) is None
    assert channel_purges.get(whole.own) is None


def test_one_worker_at_a_time(me):
    delete(me.studio, me.own)
    retention.age(me.own, 31)
    channel_purge.purge(me.own)
    record = existing(channel_purges.get(me.own))
    channel_purge._take(record)
    with pytest.raises(Busy):
        channel_purge.purge(me.own)


def test_writes_of_a_channel_that_is_gone_do_not_make_half_of_one(me, monkeypatch):
    """A chef that has read the deleted channel begins an upload."""
    delete(me.studio, me.own)
    retention.age(me.own, 31)
    prepare = channel_files.prepare_deleted

    def purge_before(channel, deleted):
        prepare(channel, deleted)
        retention.run_beside(me.own)

    monkeypatch.setattr(channel_files, "prepare_deleted", purge_before)
    created = {"channel_data": {"id": me.own, "name": "n", "has_changed": True}}
    assert me.studio.post("/api/internal/create_channel", created).status == 409
    assert channels.get(me.own) is None
