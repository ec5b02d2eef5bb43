"""Which changes each user receives."""

import pytest

from tests.support.worlds import nodes
from tests.support.worlds.feeds import emit_update
from tests.support.worlds.syncing import EMPTY, URL, Client


@pytest.fixture
def client(studio):
    return Client(studio, studio.make_channel()[0])


def published(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)
    return channel_id


def test_changes_of_hidden_channels_are_not_sent(studio, client):
    emit_update(client.channel_id, "channel", client.channel_id, {"name": "a"})
    stranger = Client(studio, client.channel_id, studio.sign_up("stranger")[1])
    assert stranger.poll() == EMPTY
    studio.post(URL, {"channel_revs": {"0" * 32: 0, "bad": 0}})
    assert studio.post(URL, {"channel_revs": {"0" * 32: 0, "bad": 0}}).json == EMPTY


def test_invitations_are_sent_to_editors_only(studio):
    channel_id = published(studio)
    studio.make_public(channel_id)
    for table in ("channel", "contentnode", "viewer_m2m", "invitation"):
        emit_update(channel_id, table, channel_id, {"table": table}, True, studio.user_id)
    received = {}
    for who in ("stranger", "view", "edit"):
        user_id, token = studio.sign_up(who)
        if who != "stranger":
            studio.share(channel_id, user_id, who)
        rows = [row for row in Client(studio, channel_id, token).poll()["changes"] if "table" in row["mods"]]
        received[who] = [row["table"] for row in rows]
        assert {row["created_by_id"] for row in rows} == (set() if who == "stranger" else {studio.user_id})
    assert received["stranger"] == []
    assert received["view"] == ["channel", "contentnode", "viewer_m2m"]
    assert received["edit"] == ["channel", "contentnode", "viewer_m2m", "invitation"]


def test_tokens_are_sent_to_editors_and_administrators(studio, client):
    tokens = {"draft_token": "d", "primary_token": "p"}
    for mods in ({"version": 1, **tokens}, {"draft_token": "d"}, {"staging_root_id": "s"}):
        emit_update(client.channel_id, "channel", client.channel_id, mods)
    seen = {}
    for who in ("view", "edit", "admin"):
        user_id, token = studio.sign_up(who, is_admin=who == "admin")
        if who != "admin":
            studio.share(client.channel_id, user_id, who)
        seen[who] = [row["mods"] for row in Client(studio, client.channel_id, token).poll()["changes"]]
    assert seen["view"] == [{"version": 1}, {"staging_root_id": "s"}]
    assert seen["edit"] == seen["admin"] == [{"version": 1, **tokens}, {"draft_token": "d"}, {"staging_root_id": "s"}]


def test_the_public_does_not_receive_earlier_or_trashed_content(studio):
    client = Client(studio, published(studio))
    root = studio.get(f"/api/channel/{client.channel_id}").json["root_id"]
    node = "a" * 32
    client.send(client.created(node, root, "secret"), client.deleted(node))
    studio.make_public(client.channel_id)
    stranger = Client(studio, client.channel_id, studio.sign_up("stranger")[1])
    assert stranger.poll() == EMPTY


def test_the_public_sees_no_tasks(studio):
    channel_id = published(studio)
    studio.make_public(channel_id)
    studio.post("/api/internal/publish_channel", {"channel_id": channel_id})
    stranger = Client(studio, channel_id, studio.sign_up("stranger")[1])
    assert stranger.poll()["tasks"] == []
    assert Client(studio, channel_id).poll()["tasks"]


def test_a_user_and_a_channel_with_the_same_id_have_separate_feeds(studio):
    """Clients choose the IDs of channels: a channel with a user's ID must not give access to the user's feed."""
    victim, token = studio.sign_up("victim")
    assert studio.post("/api/channel", {"id": victim, "name": "trap"}).status == 201
    change = {"type": 2, "table": "user", "key": victim, "mods": {"first_name": "a"}}
    assert studio.post(URL, {"changes": [change]}, token).json["successes"]
    assert Client(studio, victim).poll()["changes"] == []


def test_sync_requires_authentication(studio):
    assert studio.post(URL, {"changes": []}, None).status == 401
    assert studio.get(URL).status == 405
