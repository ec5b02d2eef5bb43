"""Bookmarks of visible channels."""

import uuid

import pytest

from chalicelib.models.channel_members import VIEW, ChannelMember
from tests.support.aws.calls import counting
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

LIST = "/api/bookmark"


@pytest.fixture
def channel_id(studio):
    return studio.post("/api/channel", {"name": "n"}).json["id"]


def marked(studio, token=""):
    answer = studio.get(LIST, token)
    assert answer.status == 200
    return answer.json


def test_a_bookmark_is_created_and_deleted(studio, channel_id):
    assert marked(studio) == []
    for form in (channel_id, str(uuid.UUID(channel_id)).upper()):
        answer = studio.post(LIST, {"channel": form})
        assert (answer.status, answer.json) == (201, {"channel": channel_id})
    assert marked(studio) == [{"channel": channel_id}]
    assert studio.call("DELETE", f"{LIST}/{uuid.UUID(channel_id)}").status == 204
    assert marked(studio) == []
    assert studio.call("DELETE", f"{LIST}/{channel_id}").status == 404


def test_users_see_only_their_own(studio, channel_id):
    user_id, token = studio.sign_up("viewer")
    studio.share(channel_id, user_id, VIEW)
    studio.post(LIST, {"channel": channel_id}, token)
    assert (marked(studio), marked(studio, token)) == ([], [{"channel": channel_id}])
    assert studio.call("DELETE", f"{LIST}/{channel_id}").status == 404


def test_a_hidden_channel_cannot_be_bookmarked(studio, channel_id):
    stranger, admin = studio.sign_up("stranger")[1], studio.sign_up("admin", is_admin=True)[1]
    assert studio.post(LIST, {"channel": channel_id}, stranger).status == 404
    assert studio.post(LIST, {"channel": NOTHING}).status == 404
    assert studio.post(LIST, {"channel": channel_id}, admin).status == 201
    assert marked(studio, admin) == [{"channel": channel_id}]


def test_a_bookmark_of_a_hidden_channel_is_not_listed_but_can_be_deleted(studio, channel_id):
    user_id, token = studio.sign_up("viewer")
    studio.share(channel_id, user_id, VIEW)
    studio.post(LIST, {"channel": channel_id}, token)
    ChannelMember(user_id, channel_id).delete()
    assert marked(studio, token) == []
    assert studio.call("DELETE", f"{LIST}/{channel_id}", token=token).status == 204


def test_everyone_can_bookmark_public_channels(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)
    studio.make_public(channel_id)
    stranger = studio.sign_up("stranger")[1]
    assert studio.post(LIST, {"channel": channel_id}, stranger).status == 201
    assert marked(studio, stranger) == [{"channel": channel_id}]


@pytest.mark.parametrize("body", [None, {}, [], {"channel": None}, {"channel": 5}, {"channel": "bad"}, b"{"])
def test_bad_input_is_refused(studio, body):
    assert studio.post(LIST, body).status == 400


@pytest.mark.parametrize("id", ["bad", NOTHING, "%00", "a" * 3000])
def test_an_unknown_bookmark_is_404(studio, id):
    assert studio.call("DELETE", f"{LIST}/{id}").status == 404


def test_bookmarks_require_authentication(studio, channel_id):
    statuses = [studio.get(LIST, None).status, studio.post(LIST, {"channel": channel_id}, None).status]
    assert [*statuses, studio.call("DELETE", f"{LIST}/{channel_id}", token=None).status] == [401] * 3


def test_pages_and_cost(studio):
    for number in range(5):
        studio.post(LIST, {"channel": studio.post("/api/channel", {"name": str(number)}).json["id"]})
    with counting(studio) as watch:
        page = studio.get(f"{LIST}?page_size=2&page=3").json
    assert (page["count"], len(page["results"])) == (5, 1)
    assert len(watch.names) <= 3
