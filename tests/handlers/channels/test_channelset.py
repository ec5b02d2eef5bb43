"""Channel sets and their tokens."""

import pytest

from chalicelib.models import channel_sets, channels
from chalicelib.models.channel_members import EDIT, VIEW, ChannelMember
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.schemas.channelset import MAX_CHANNELS
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds.publishing import publish

URL = "/api/channelset"
FIELDS = {"id", "name", "description", "channels", "secret_token", "edit"}


def make(studio, *channel_ids, token="", **fields):
    answer = studio.post(URL, {"name": "Set", "channels": list(channel_ids), **fields}, token)
    assert answer.status == 201, answer.text
    return answer.json


def change(studio, one, method="PATCH", token="", **fields):
    return studio.call(method, f"{URL}/{one['id']}", fields, token)


def opened(studio, token):
    answer = studio.get(f"/api/public/v1/channels/lookup/{token}", None)
    return {entry["id"] for entry in answer.json} if answer.status == 200 else set()


class TestCreate:
    def test_returns_published_channels_and_their_token(self, studio):
        published, draft = publish(studio), studio.make_channel()[0]
        made = make(studio, draft, published, description="d")
        assert set(made) == FIELDS
        assert (made["name"], made["description"], made["channels"], made["edit"]) == ("Set", "d", [published], True)
        assert opened(studio, made["secret_token"]) == {published}
        assert studio.get(f"{URL}/{made['id']}").json == made
        assert studio.get(URL).json == [made]

    def test_accepts_a_map(self, studio):
        one, two = publish(studio, name="a"), publish(studio, name="b")
        assert studio.post(URL, {"name": "Set", "channels": {one: True, two: False}}).json["channels"] == [one]

    def test_can_be_empty(self, studio):
        assert make(studio)["channels"] == []

    def test_accepts_a_free_id(self, studio):
        assert make(studio, id="a" * 32)["id"] == "a" * 32
        assert studio.post(URL, {"name": "Other", "id": "a" * 32}).status == 409
        assert len(studio.cloud.items("secret_tokens")) == 1

    def test_accepts_only_editable_private_channels(self, studio):
        channel_id = studio.make_channel()[0]
        user_id, token = studio.sign_up("reader")
        for role, status in ((None, 400), (VIEW, 400), (EDIT, 201)):
            if role:
                studio.share(channel_id, user_id, role)
            answer = studio.post(URL, {"name": "Set", "channels": [channel_id]}, token)
            assert (answer.status, channel_id in answer.text) == (status, status == 400)
        _, admin = studio.sign_up("admin", is_admin=True)
        assert studio.post(URL, {"name": "Set", "channels": [channel_id]}, admin).status == 201

    def test_accepts_public_channels_of_others(self, studio):
        channel_id = publish(studio, public=True)
        _, token = studio.sign_up("reader")
        made = make(studio, channel_id, token=token)
        assert made["channels"] == [channel_id]
        assert opened(studio, made["secret_token"]) == {channel_id}

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": " \t"},
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
            {"channels": [f"{number:032x}" for number in range(MAX_CHANNELS + 1)]},
            {"id": "bad"},
        ],
        ids=lambda fields: str(fields)[:40],
    )
    def test_refuses_bad_input(self, studio, fields):
        assert studio.post(URL, {"name": "Set", **fields}).status == 400
        assert studio.cloud.items("channel_sets") == []


class TestUpdate:
    def test_adds_and_removes_named_channels(self, studio):
        one, two, three = (publish(studio, name=name) for name in "abc")
        made = make(studio, one, two)
        assert change(studio, made, channels={one: False, three: True, NOTHING: False}).json["channels"] == [two, three]
        assert change(studio, made, channels=[one]).json["channels"] == [two, three, one]
        assert opened(studio, made["secret_token"]) == {one, two, three}
        assert change(studio, made, name="New").json == {**made, "name": "New", "channels": [two, three, one]}

    def test_put_behaves_like_patch(self, studio):
        made = make(studio, description="old")
        answer = change(studio, made, "PUT", name="New")
        assert (answer.status, answer.json["name"], answer.json["secret_token"]) == (200, "New", made["secret_token"])
        assert change(studio, made, "PUT", description="d").status == 400

    def test_accepts_only_editable_private_channels(self, studio):
        channel_id = studio.make_channel()[0]
        user_id, token = studio.sign_up("reader")
        studio.share(channel_id, user_id, VIEW)
        made = make(studio, token=token)
        assert change(studio, made, token=token, channels={channel_id: True}).status == 400
        assert change(studio, made, token=token, channels={channel_id: False}).status == 200

    def test_keeps_concurrent_additions(self, studio, monkeypatch):
        one, two = publish(studio, name="a"), publish(studio, name="b")
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
        monkeypatch.setattr("chalicelib.operations.channels.channel_sets.MAX_CHANNELS", 1)
        made = make(studio, studio.make_channel()[0])
        assert change(studio, made, channels={studio.make_channel()[0]: True}).status == 400


class TestVisibleChannels:
    @pytest.fixture
    def shared(self, studio):
        """Return (private and public channel of others, an editor of both, that editor's token and set)."""
        user_id, token = studio.sign_up("editor")
        channel_ids = [publish(studio, name="private"), publish(studio, name="public", public=True)]
        for channel_id in channel_ids:
            studio.share(channel_id, user_id, EDIT)
        return *channel_ids, user_id, token, make(studio, *channel_ids, token=token)

    def shown(self, studio, made, token):
        """Return the channels that the token gives access to, which must equal those that the owner sees."""
        found = opened(studio, made["secret_token"])
        assert set(studio.get(f"{URL}/{made['id']}", token).json["channels"]) == found
        entries = studio.get(f"/api/public/v1/channels?tokens={made['secret_token']}", None).json
        assert {entry["id"] for entry in entries if entry["matching_tokens"]} == found
        return found

    def test_follow_the_permissions_of_the_owner(self, studio, shared):
        private, public, user_id, token, made = shared
        assert self.shown(studio, made, token) == {private, public}
        for role, expected in ((VIEW, {public}), (None, {public}), (EDIT, {private, public})):
            if role:
                studio.share(private, user_id, role)
            else:
                ChannelMember(user_id, private).delete()
            assert self.shown(studio, made, token) == expected

    def test_include_channels_available_by_another_token(self, studio, shared):
        private, public, user_id, _, made = shared
        ChannelMember(user_id, private).delete()
        own = existing(channels.get(private)).primary_token
        entries = studio.get(f"/api/public/v1/channels?tokens={made['secret_token']},{own}", None).json
        tokens = {entry["id"]: entry["matching_tokens"] for entry in entries}
        assert tokens == {private: [own], public: [made["secret_token"]]}

    def test_include_channels_that_become_public(self, studio, shared):
        private, public, user_id, token, made = shared
        ChannelMember(user_id, private).delete()
        studio.make_public(private)
        assert self.shown(studio, made, token) == {private, public}
        studio.make_public(private, False)
        assert self.shown(studio, made, token) == {public}

    def test_of_an_administrator_are_all_published_ones(self, studio, shared):
        private = shared[0]
        user_id, token = studio.sign_up("admin", is_admin=True)
        made = make(studio, private, token=token)
        assert self.shown(studio, made, token) == {private}
        User(user_id).update([User.is_admin.set(False)])
        assert opened(studio, made["secret_token"]) == set()

    def test_cost_three_reads(self, studio, shared):
        with counting(studio) as watch:
            opened(studio, shared[4]["secret_token"])
        assert watch.names.count("BatchGetItem") == 3, watch.names  # the token, the set, channels and rights

    def test_a_set_without_a_revision_can_be_changed(self, studio):
        made = make(studio)
        ChannelSet(made["id"]).update([ChannelSet.rev.remove()])
        assert change(studio, made, name="New").json["name"] == "New"
        assert existing(channel_sets.get(made["id"])).rev == 2


class TestDelete:
    def test_deletes_the_token(self, studio):
        channel_id = publish(studio)
        made = make(studio, channel_id)
        assert opened(studio, made["secret_token"]) == {channel_id}
        assert studio.call("DELETE", f"{URL}/{made['id']}").status == 204
        assert opened(studio, made["secret_token"]) == set()
        assert studio.get(URL).json == []
        assert studio.call("DELETE", f"{URL}/{made['id']}").status == 404


class TestRights:
    def test_only_the_owner_and_administrators_have_access(self, studio):
        made = make(studio)
        _, token = studio.sign_up("other")
        assert studio.get(URL, token).json == []
        for method in ("GET", "PATCH", "DELETE"):
            assert studio.call(method, f"{URL}/{made['id']}", {}, token).status == 404
        _, admin = studio.sign_up("admin", is_admin=True)
        assert change(studio, made, token=admin, name="New").json["name"] == "New"
        assert studio.get(URL).json[0]["name"] == "New"

    @pytest.mark.parametrize("set_id", [NOTHING, "bad", "%00"])
    def test_an_unknown_set_is_not_found(self, studio, set_id):
        assert studio.get(f"{URL}/{set_id}").status == 404


class TestList:
    def test_can_be_paged_searched_and_ordered(self, studio):
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

    def test_leaves_out_deleted_channels(self, studio):
        channel_id = publish(studio)
        make(studio, channel_id)
        Channel(channel_id).update([Channel.deleted.set(True)])
        assert studio.get(URL).json[0]["channels"] == []
