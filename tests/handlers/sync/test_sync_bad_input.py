"""Every input gets a response, and each of its changes is allowed, disallowed or ignored."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.models import changes
from tests.support.http.client import Studio
from tests.support.worlds import contentnode
from tests.support.worlds.odd_changes import ODD, change_strategy
from tests.support.worlds.syncing import URL


@pytest.fixture(scope="module")
def world(shared_cloud):
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    channel_id, _ = studio.make_channel()
    root = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    node = contentnode.make(studio, root, "e", "exercise", extra_fields={"randomize": True})["id"]
    return studio, [channel_id, root, node, studio.user_id]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_no_change_is_a_server_error(world, data):
    studio, ids = world
    sent = data.draw(st.lists(change_strategy(ids), max_size=4))
    answer = studio.post(URL, {"changes": sent, "channel_revs": {ids[0]: 0}, "user_rev": 0})
    assert answer.status == 200, answer.text
    objects = [one for one in sent if isinstance(one, dict)]
    assert len(answer.json["allowed"]) + len(answer.json["disallowed"]) == len(objects)
    assert "Internal error" not in answer.text
    studio.deliver("maintenance")
    assert not changes.counter_of(ids[0]).has_pending


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(body=ODD | st.fixed_dictionaries({}, optional=dict.fromkeys(("changes", "channel_revs", "user_rev"), ODD)))
def test_no_body_is_a_server_error(world, body):
    studio, _ = world
    assert studio.post(URL, json.dumps(body).encode()).status in (200, 400)
