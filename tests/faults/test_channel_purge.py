"""A channel that is deleted for good is killed at any call of that, and is gone when the message comes again."""

import json
from functools import partial

import pytest

from chalicelib.models import channel_purges, channels
from chalicelib.operations.retention import channel_purge
from tests.faults.feed_world import ANSWER_LOST, KILLED, NEVER_SENT
from tests.faults.test_purging import stop
from tests.support.aws import moto_internals
from tests.support.aws.cloud import empty_cloud, tables
from tests.support.http.client import Studio
from tests.support.worlds import leaving, nodes, retention, storage

KINDS = [NEVER_SENT, ANSWER_LOST, KILLED]
STEP = 5  # every fifth call, beginning with another one for each kind
STAYS = {"changes", "tasks"}  # the counter of the feed, and what expires by itself


@pytest.fixture(scope="module")
def cloud():
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def world(cloud):
    """(the user of a deleted channel whose time is over, its id, a copy of the tables)."""
    studio = Studio(cloud)
    channel_id, root = studio.make_channel()
    pdf = storage.put(studio, b"%PDF-1.4 of a channel", "pdf")
    studio.add(root, nodes.topic("t"), nodes.resource("d", files=[nodes.file(pdf)]))
    assert studio.finish(channel_id).status == 200
    assert studio.post("/api/bookmark", {"channel": channel_id}).status == 201
    sent = {"email": "a@example.org", "channel": channel_id, "share_mode": "view"}
    assert studio.post("/api/invitation", sent).status == 201
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    storage.drain(studio)
    retention.age(channel_id, 31)
    return studio, channel_id, tables.copied()


def restored(world):
    studio, channel_id, stored = world
    tables.empty()
    tables.put(stored)
    moto_internals.empty_queues()
    return studio, channel_id


def left_of(studio, channel_id):
    everything = leaving.everything(studio)
    return {table for table, items in everything.items() if channel_id in json.dumps(items)}


@pytest.mark.parametrize("kind", KINDS)
def test_is_completed_wherever_it_stops(world, kind, monkeypatch):
    monkeypatch.setattr(channel_purge, "LEASE", 0)  # that of a killed worker is over when the message comes again
    monkeypatch.setattr(channel_purge, "PAUSE", -1)
    number = KINDS.index(kind) % STEP
    while True:
        studio, channel_id = restored(world)
        fault = stop(studio, number, kind, partial(channel_purge.purge, channel_id))
        if not fault.hit:
            break
        found, record = channels.get(channel_id), channel_purges.get(channel_id)
        assert found is None or record is None, "never both"
        retention.walk(studio)
        assert (channels.get(channel_id), channel_purges.get(channel_id)) == (None, None), fault
        assert left_of(studio, channel_id) <= STAYS, fault
        number += STEP
    assert number > 20


def test_a_late_message_does_nothing_to_a_new_channel_with_the_id(world):
    studio, channel_id = restored(world)
    retention.walk(studio)
    assert studio.make_channel("Again", channel_id)[0] == channel_id
    before = leaving.everything(studio)
    channel_purge.purge(channel_id)
    assert leaving.everything(studio) == before
