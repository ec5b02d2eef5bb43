"""Errors begin with the specification's sentence, and say what to do: choices, headers, which id to send."""

import re

import pytest

from chalicelib.models import channels
from chalicelib.models.channel_members import VIEW
from tests.support.aws.cloud import empty_cloud
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import URL

FORBIDDEN = "You do not have permission to perform this action. "
NOT_SIGNED_IN = "Authentication credentials were not provided."


@pytest.fixture(scope="module")
def studio():
    with empty_cloud() as cloud:
        yield Studio(cloud)


@pytest.fixture(scope="module")
def channel(studio):
    """A channel with an open upload, and a topic in its live tree."""
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.topic("t"))
    studio.finish(channel_id)
    studio.make_channel(channel_id=channel_id)
    return channels.get(channel_id)


@pytest.fixture(scope="module")
def stranger(studio):
    return studio.sign_up("stranger")[1]


@pytest.fixture(scope="module")
def viewer(studio, channel):
    user_id, token = studio.sign_up("viewer")
    studio.share(channel.id, user_id, VIEW)
    return token


class TestForbidden:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PATCH", "/api/channel/{channel}", {"name": "n"}),
            ("POST", "/api/contentnode", {"parent": "{root}", "kind": "topic", "title": "t"}),
            ("POST", "/api/channel/{channel}/publish", None),
            ("GET", "/api/invitation?channel={channel}", None),
            ("GET", "/api/admin-users", None),
            ("POST", "/api/internal/publish_channel", {"channel_id": "{channel}"}),
            ("POST", "/api/internal/create_channel", {"channel_data": {"id": "{channel}", "name": "n"}}),
        ],
    )
    def test_begins_with_the_sentence_and_adds_advice(self, studio, channel, viewer, method, path, body):
        names = {"{channel}": channel.id, "{root}": channel.root_id}

        def filled(part):
            if isinstance(part, dict):
                return {name: filled(value) for name, value in part.items()}
            return re.sub(r"\{\w+\}", lambda found: names[found[0]], part) if isinstance(part, str) else part

        answer = studio.call(method, filled(path), filled(body), viewer)
        assert answer.status == 403
        assert answer.json["detail"].startswith(FORBIDDEN)
        assert len(answer.json["detail"]) > len(FORBIDDEN)

    def test_csrf_failures_keep_their_own(self, studio):
        answer = studio.sign_in().call("POST", "/api/channel", {"name": "n"}, csrf=False)
        assert answer.status == 403
        assert answer.json["detail"].startswith("CSRF Failed:")


@pytest.mark.parametrize(
    ("header", "advice"),
    [
        ("Bearer x", "The scheme Bearer is not supported. Send the API token as Authorization: Token <40 hex digits>."),
        ("Basic eDp5", "The scheme Basic is not supported. Send the API token as"),
        ("a" * 40, "The header names no scheme. Send the API token as Authorization: Token"),
    ],
)
def test_another_scheme_is_answered_with_the_right_header(studio, header, advice):
    answer = studio.call("GET", "/api/user/me", token=None, authorization=header)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.json["detail"].startswith(f"{NOT_SIGNED_IN} {advice}")
    assert "a" * 40 not in answer.text


def test_without_a_header_the_sentence_is_as_recorded(studio):
    assert studio.get("/api/user/me", None).json["detail"] == NOT_SIGNED_IN
    wrong = studio.call("GET", "/api/user/me", token=None, authorization=f"Token {'0' * 40}")
    assert wrong.json["detail"] == "Invalid token."


class TestChoices:
    def test_few_are_listed(self, studio, channel):
        answer = studio.post(URL, {"parent": channel.root_id, "kind": "film", "title": "t"})
        (sentence,) = answer.json["kind"]
        assert sentence.startswith('"film" is not a valid choice. Choose one of: ')
        assert "document" in sentence
        assert "video" in sentence

    def test_of_many_it_is_said_where_they_are_listed(self, studio, channel):
        body = {"parent": channel.root_id, "kind": "topic", "title": "t", "categories": ["maths"]}
        (sentence,) = studio.post(URL, body).json["categories"]
        assert re.fullmatch(r'"maths" is not a valid choice\. OPTIONS on this path lists the \d+ choices\.', sentence)
        described = studio.call("OPTIONS", URL).json["actions"]["POST"]["body"]
        assert len(described["categories"]["choices"]) == int(re.findall(r"\d+", sentence)[0])

    @pytest.mark.parametrize(("field", "choice"), [("mastery_model", "do_all"), ("license", "CC BY-SA")])
    def test_inside_objects(self, studio, field, choice):
        answer = studio.post("/api/channel", {"name": "n", "content_defaults": {field: "best"}})
        (sentence,) = next(iter(answer.json.values()))
        assert choice in sentence


class TestIds:
    def test_a_channel_as_parent_names_its_root(self, studio, channel):
        body = {"parent": channel.id, "kind": "topic", "title": "t"}
        answer = studio.post(URL, body)
        assert answer.status == 404
        assert answer.json["detail"].endswith(f"That is a channel. Its root node is {channel.root_id}.")

    @pytest.mark.parametrize("path", ["", "/size", "/move", "/copy"])
    def test_a_channel_as_node_too(self, studio, channel, path):
        method = "POST" if path in ("/move", "/copy") else "GET"
        answer = studio.call(method, f"{URL}/{channel.id}{path}", {"target": channel.root_id})
        assert (answer.status, channel.root_id in answer.json["detail"]) == (404, True)

    def test_strangers_learn_nothing(self, studio, channel, stranger):
        details = []
        for id in (channel.id, "0" * 32):
            answer = studio.post(URL, {"parent": id, "kind": "topic", "title": "t"}, stranger)
            assert answer.status == 404
            details.append(answer.json["detail"].replace(id, ""))
            answer = studio.get(f"/api/channel/{channel.root_id if id == channel.id else id}", stranger)
            assert answer.status == 404
            details.append(answer.json["detail"].replace(id, "").replace(channel.root_id, ""))
        assert details[:2] == details[2:]

    def test_a_chef_learns_the_root_of_the_upload(self, studio, channel, stranger):
        body = {"root_id": channel.id, "content_data": [nodes.topic("x")]}
        answer = studio.post("/api/internal/add_nodes", body)
        assert answer.status == 404
        root = existing(channels.get(channel.id)).chef_root_id
        assert f"That is a channel. The root node of its upload is {root}." in answer.text
        assert root not in studio.post("/api/internal/add_nodes", body, stranger).text

    def test_a_node_as_channel_names_its_channel(self, studio, channel):
        for path in (f"/api/channel/{channel.root_id}", f"/api/get_channel_details/{channel.root_id}"):
            answer = studio.get(path)
            assert answer.status == 404
            assert answer.json["detail"].endswith(f"That is a node of channel {channel.id}.")
        body = {"channel_id": channel.root_id}
        assert channel.id in studio.post("/api/internal/check_user_is_editor", body).json["detail"]

    def test_a_token_as_channel_says_how_to_look_it_up(self, studio):
        detail = studio.get("/api/channel/abcde-fghij").json["detail"]
        assert detail.endswith("GET /api/public/v1/channels/lookup/abcdefghij")

    def test_other_ids_of_a_node_are_told_apart(self, studio):
        assert "not its node_id or content_id" in studio.get(f"{URL}/{'0' * 32}").json["detail"]


# By path with a malformed id. v2 is as recorded; an identifier may also be a token.
MALFORMED = {
    "v1/contentnode/{}": 400,
    "v1/contentnode_tree/{}": 400,
    "v1/channelmetadata/{}": 400,
    "v2/contentnode_tree/{}": 400,
    "v2/importmetadata/{}": 400,
    "v2/contentnode/{}": 404,
    "v2/channel/{}": 404,
    "channel/{}": 404,
    "v1/channels/lookup/{}": 404,
}


@pytest.mark.parametrize("path", MALFORMED)
@pytest.mark.parametrize("id", ["bad", "0" * 31, "0" * 33, "g" * 32])
def test_malformed_ids_of_the_public_api(studio, path, id):
    answer = studio.get(f"/api/public/{path.format(id)}", None)
    assert answer.status == MALFORMED[path]
    if answer.status == 400:
        assert answer.json["error"] == "Invalid UUID format."


def test_an_unknown_public_channel_is_named_as_specified(studio):
    for path in ("channel", "v1/channelmetadata", "v2/channel"):
        answer = studio.get(f"/api/public/{path}/{'0' * 32}", None)
        assert (answer.status, answer.json["error"]) == (404, f"Channel with id {'0' * 32} not found")
