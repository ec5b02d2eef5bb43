"""The deletion of a user is killed at any of its calls, and ends when its message comes again."""

import json
from datetime import timedelta

import pytest

from chalicelib.models import channels, users
from chalicelib.models.users import User
from chalicelib.operations.accounts import deletion, deletion_job
from tests.faults.feed_world import ANSWER_LOST, KILLED, NEVER_SENT
from tests.faults.test_purging import stop
from tests.support.aws import moto_internals
from tests.support.aws.cloud import empty_cloud, tables
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import leaving, storage
from tests.support.worlds.leaving import leaver

KINDS = [NEVER_SENT, ANSWER_LOST, KILLED]
STEP = 7  # every seventh call, beginning with another one for each kind


@pytest.fixture(scope="module")
def cloud():
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def world(cloud):
    """(a user who has something of everything, a copy of the tables)."""
    me = leaver(Studio(cloud))
    return me, tables.copied()


def restored(cloud, world):
    me, stored = world
    tables.empty()
    tables.put(stored)
    moto_internals.empty_queues()
    return me


def marked(cloud, world):
    me = restored(cloud, world)
    deletion.begin(existing(users.get(me.user_id)))
    return me


def is_complete(cloud, me):
    """Nothing names the user, and shared channels have their other editors."""
    stored = leaving.everything(me.studio)
    assert users.get(me.user_id) is None
    for table in (
        "bookmarks",
        "channel_members",
        "channel_sets",
        "clipboard",
        "email_addresses",
        "invitations",
        "uploads",
    ):
        assert me.email not in json.dumps(stored[table]), table
    for table in ("bookmarks", "channel_members", "channel_sets", "clipboard", "saved_searches", "uploads", "users"):
        assert me.user_id not in json.dumps(stored[table], default=str), table
    assert not any(item["owner"]["S"] == f"user:{me.user_id}" for item in stored["changes"])
    assert len(stored["secret_tokens"]) == 1, "that of the published channel"
    own, shared = existing(channels.get(me.own)), existing(channels.get(me.shared))
    assert own.owner_id is None
    assert (own.deleted, shared.deleted, shared.owner_id) == (True, False, me.other_id)
    assert storage.used(cloud) == storage.charged(cloud)
    assert not storage.unreferenced(cloud)
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_is_completed_wherever_it_stops(cloud, world, kind):
    number = KINDS.index(kind)
    while True:
        me = marked(cloud, world)
        past = existing(users.get(me.user_id)).deleting_since - timedelta(minutes=5)
        User(me.user_id).update([User.deleting_since.set(past)])
        fault = stop(me.studio, number, kind, lambda me=me: deletion_job.run(me.user_id))
        if not fault.hit:
            break
        leaving.let_time_pass(me.studio)
        assert is_complete(cloud, me), fault
        number += STEP
    assert number > 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_begins_a_deletion_or_does_nothing(cloud, world, kind):
    number = 0
    while True:
        me = restored(cloud, world)
        fault = stop(me.studio, number, kind, lambda me=me: deletion.begin(existing(users.get(me.user_id))))
        if not fault.hit:
            break
        has_begun = existing(users.get(me.user_id)).deleting_since is not None
        leaving.let_time_pass(me.studio)
        assert (users.get(me.user_id) is None) == has_begun, fault
        assert has_begun or me.studio.get("/api/user/me").status == 200, fault
        number += 1
    assert number > 2


def test_messages_may_come_twice(cloud, world):
    me = marked(cloud, world)
    me.studio.deliver(times=2)
    leaving.let_time_pass(me.studio)
    deletion_job.run(me.user_id)
    assert is_complete(cloud, me)
