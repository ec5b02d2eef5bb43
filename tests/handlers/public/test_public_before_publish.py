"""A channel that an administrator makes public before its first publish appears with it, everywhere."""

import pytest

from tests.support.worlds import nodes

LISTS = ("/api/public/v1/channels", "/api/public/v2/channel", "/api/catalog?public=true", "/api/channel?public=true")


@pytest.fixture
def channel_id(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("needle", nodes.question("q")))
    studio.finish(channel_id)
    return channel_id


@pytest.fixture
def stranger(studio):
    return studio.sign_up("stranger")[1]


def make_public(studio, channel_id, public=True):
    _, token = studio.sign_up(f"admin-{public}", is_admin=True)
    answer = studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"public": public}, token)
    assert (answer.status, answer.json["public"]) == (200, public)
    studio.deliver("maintenance")


def places(studio, channel_id, token):
    """Where a stranger sees the channel."""
    found = [path for path in LISTS if channel_id in studio.get(path, token).text]
    one = (f"/api/channel/{channel_id}", f"/api/public/channel/{channel_id}", f"/api/public/v2/channel/{channel_id}")
    found += [path for path in one if studio.get(path, token).status == 200]
    found += ["search"] if channel_id in studio.get("/api/search?keywords=needle", token).text else []
    return found


def test_it_appears_with_its_first_publish(studio, channel_id, stranger):
    make_public(studio, channel_id)
    assert places(studio, channel_id, stranger) == []
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert len(places(studio, channel_id, stranger)) == len(LISTS) + 4


def test_a_draft_does_not_count(studio, channel_id, stranger):
    make_public(studio, channel_id)
    task = studio.post(f"/api/channel/{channel_id}/publish_draft").json["task_id"]
    studio.deliver()
    assert studio.task(task)["status"] == "SUCCESS"
    assert places(studio, channel_id, stranger) == []


def test_it_can_be_made_private_again_before(studio, channel_id, stranger):
    make_public(studio, channel_id)
    make_public(studio, channel_id, public=False)
    studio.publish(channel_id)
    assert places(studio, channel_id, stranger) == [f"/api/public/channel/{channel_id}"]  # the id is a capability


def test_strangers_cannot_copy_from_it_before(studio, channel_id):
    make_public(studio, channel_id)
    _, token = studio.sign_up("other")
    studio.token = token
    _, root = studio.make_channel()
    source = {"source_channel_id": channel_id, "source_node_id": nodes.node_id("needle")}
    body = {"root_id": root, "content_data": [nodes.resource("copy", **source)]}
    answer = studio.post("/api/internal/add_nodes", body)
    assert answer.status == 400
