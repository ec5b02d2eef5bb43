"""Sets of channels and the token that opens them."""

import pytest

from chalicelib.models import channel_sets
from chalicelib.models.channel_members import VIEW
from chalicelib.models.channels import Channel
from chalicelib.operations import channel_sets as operations
from chalicelib.schemas.channelset import MOST_CHANNELS
from tests.support import nodes
from tests.support.calls import counting
from tests.support.routes import NOTHING

URL = "/api/channelset"
FIELDS = {"id", "name", "description", "channels", "secret_token", "edit"}


def publish(studio, name="Channel"):
    channel_id, root = studio.make_channel(name)
    studio.add(root, nodes.exercise(f"e {name}", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    return channel_id


def make(studio, *channel_ids, token="", **fields):
    answer = studio.post(URL, {"name": "Set", "channels": list(channel_ids), **fields}, token)
    assert answer.status == 201, answer.text
    return answer.json


def change(studio, one, method="PATCH", token="", **fields):
    return studio.call(method, f"{URL}/{one['id']}", fields, token)


def opened(studio, token):
    answer = studio.get(f"/api/public/v1/channels/lookup/{token}", None)
    return {entry["id"] for entry in answer.json} if answer.status == 200 else set()


class TestMaking:
    def test_answers_with_published_channels_and_a_token_that_opens_them(self, studio):
        published, draft = publish(studio), studio.make_channel()[0]
        made = make(studio, draft, published, description="d")
        assert set(made) == FIELDS
        assert (made["name"], made["description"], made["channels"], made["edit"]) == ("Set", "d", [published], True)
        assert opened(studio, made["secret_token"]) == {published}
        assert studio.get(f"{URL}/{made['id']}").json == made
        assert studio.get(URL).json == [made]

    def test_takes_a_map_too(self, studio):
        one, two = publish(studio, "a"), publish(studio, "b")
        assert studio.post(URL, {"name": "Set", "channels": {one: True, two: False}}).json["channels"] == [one]

    def test_may_be_of_no_channels(self, studio):
        assert make(studio)["channels"] == []

    def test_may_choose_an_id_that_is_free(self, studio):
        assert make(studio, id="a" * 32)["id"] == "a" * 32
        assert studio.post(URL, {"name": "Other", "id": "a" * 32}).status == 409
        assert len(studio.cloud.items("secret_tokens")) == 1

    def test_takes_only_channels_that_one_may_view(self, studio):
        channel_id = studio.make_channel()[0]
        user_id, token = studio.sign_up("reader")
        answer = studio.post(URL, {"name": "Set", "channels": [channel_id]}, token)
        assert (answer.status, channel_id in answer.text) == (400, True)
        studio.share(channel_id, user_id, VIEW)
        assert studio.post(URL, {"name": "Set", "channels": [channel_id]}, token).status == 201

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": None},
            {"name": "x" * 201},
            {"description": 5},
            {"channels": "a"},
            {"channels": None},
            {"channels": ["bad"]},
            {"channels": [NOTHING]},
            {"channels": [{}]},
            {"channels": [[]]},
            {"channels": {NOTHING: "true"}},
            {"channels": {"\ud800": True}},
            {"channels": [f"{number:032x}" for number in range(MOST_CHANNELS + 1)]},
            {"id": "bad"},
        ],
        ids=lambda fields: str(fields)[:40],
    )
    def test_is_refused_for_what_is_wrong(self, studio, fields):
        assert studio.post(URL, {"name": "Set", **fields}).status == 400
        assert studio.cloud.items("channel_sets") == []


class TestChanging:
    def test_adds_and_removes_what_is_named(self, studio):
        one, two, three = (publish(studio, name) for name in "abc")
        made = make(studio, one, two)
        assert change(studio, made, channels={one: False, three: True, NOTHING: False}).json["channels"] == [two, three]
        assert change(studio, made, channels=[one]).json["channels"] == [two, three, one]
        assert opened(studio, made["secret_token"]) == {one, two, three}
        assert change(studio, made, name="New").json == {**made, "name": "New", "channels": [two, three, one]}

    def test_as_a_whole_takes_the_same(self, studio):
        made = make(studio, description="old")
        answer = change(studio, made, "PUT", name="New")
        assert (answer.status, answer.json["name"], answer.json["secret_token"]) == (200, "New", made["secret_token"])
        assert change(studio, made, "PUT", description="d").status == 400

    def test_takes_only_channels_that_one_may_view(self, studio):
        channel_id = studio.make_channel()[0]
        _, token = studio.sign_up("reader")
        made = make(studio, token=token)
        assert change(studio, made, token=token, channels={channel_id: True}).status == 400
        assert change(studio, made, token=token, channels={channel_id: False}).status == 200

    def test_loses_nothing_that_another_adds_at_the_same_time(self, studio, monkeypatch):
        one, two = publish(studio, "a"), publish(studio, "b")
        made, replace = make(studio), channel_sets.replace

        def meanwhile(found):
            monkeypatch.setattr(channel_sets, "replace", replace)
            assert change(studio, made, channels={two: True}).status == 200
            return replace(found)

        monkeypatch.setattr(channel_sets, "replace", meanwhile)
        assert set(change(studio, made, channels={one: True}).json["channels"]) == {one, two}

    def test_gives_up_after_many_lost_races(self, studio, monkeypatch):
        monkeypatch.setattr(channel_sets, "replace", lambda _: False)
        assert change(studio, make(studio), name="New").status == 409

    def test_has_a_limit(self, studio, monkeypatch):
        monkeypatch.setattr(operations, "MOST_CHANNELS", 1)
        made = make(studio, studio.make_channel()[0])
        assert change(studio, made, channels={studio.make_channel()[0]: True}).status == 400


class TestDeletion:
    def test_takes_the_token_with_it(self, studio):
        channel_id = publish(studio)
        made = make(studio, channel_id)
        assert opened(studio, made["secret_token"]) == {channel_id}
        assert studio.call("DELETE", f"{URL}/{made['id']}").status == 204
        assert opened(studio, made["secret_token"]) == set()
        assert studio.get(URL).json == []
        assert studio.call("DELETE", f"{URL}/{made['id']}").status == 404


class TestRights:
    def test_are_those_of_the_owner_and_of_administrators(self, studio):
        made = make(studio)
        _, token = studio.sign_up("other")
        assert studio.get(URL, token).json == []
        for method in ("GET", "PATCH", "DELETE"):
            assert studio.call(method, f"{URL}/{made['id']}", {}, token).status == 404
        _, admin = studio.sign_up("admin", is_admin=True)
        assert change(studio, made, token=admin, name="New").json["name"] == "New"
        assert studio.get(URL).json[0]["name"] == "New"

    @pytest.mark.parametrize("set_id", [NOTHING, "bad", "%00"])
    def test_are_nobodys_in_what_is_not_there(self, studio, set_id):
        assert studio.get(f"{URL}/{set_id}").status == 404


class TestList:
    def test_is_by_name_in_pages_searched_and_ordered(self, studio):
        for name in ("b", "C", "a"):
            make(studio, name=name)
        names = [
            [row["name"] for row in studio.get(URL + query).json]
            for query in ("", "?ordering=-name", "?search=c", "?search=d")
        ]
        assert names == [["a", "b", "C"], ["C", "b", "a"], ["C"], []]
        page = studio.get(f"{URL}?page_size=2&page=2").json
        assert (page["count"], [row["name"] for row in page["results"]]) == (3, ["C"])

    def test_costs_two_calls_and_the_token(self, studio):
        channel_ids = [studio.make_channel()[0] for _ in range(5)]
        for _ in range(10):
            make(studio, *channel_ids)
        with counting(studio) as watch:
            assert len(studio.get(URL).json) == 10
        assert len(watch.names) == 3

    def test_leaves_out_channels_that_are_deleted(self, studio):
        channel_id = publish(studio)
        make(studio, channel_id)
        Channel(channel_id).update([Channel.deleted.set(True)])
        assert studio.get(URL).json[0]["channels"] == []
