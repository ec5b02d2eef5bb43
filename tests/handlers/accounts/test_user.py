"""The caller's user, as recorded from Studio."""

import pytest

from chalicelib.models import users
from chalicelib.models.channel_members import VIEW
from chalicelib.models.users import User
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING

# Recorded: GET /api/user
FIELDS = {"id", "email", "first_name", "last_name", "is_active", "editable_channels", "view_only_channels"}


class TestUser:
    def test_lists_only_the_caller_with_channels(self, studio):
        studio.sign_up("other")
        edited, _ = studio.make_channel()
        viewed, _ = studio.make_channel()
        user_id, token = studio.sign_up("reader")
        studio.share(viewed, user_id, VIEW)
        (row,) = studio.get("/api/user", token).json
        assert set(row) == FIELDS
        assert (row["id"], row["email"], row["is_active"]) == (user_id, "reader@example.org", True)
        assert (row["editable_channels"], row["view_only_channels"]) == ([], [viewed])
        (row,) = studio.get("/api/user").json
        assert set(row["editable_channels"]) == {edited, viewed}

    def test_is_the_same_by_id(self, studio):
        assert studio.get(f"/api/user/{studio.user_id}").json == studio.get("/api/user").json[0]

    @pytest.mark.parametrize("user_id", [NOTHING, "bad", "%00"])
    def test_of_another_user_is_not_found(self, studio, user_id):
        assert studio.get(f"/api/user/{user_id}").status == 404

    def test_can_be_paged(self, studio):
        answer = studio.get("/api/user?page_size=5").json
        assert (answer["count"], answer["total_pages"], len(answer["results"])) == (1, 1, 1)

    def test_costs_two_reads_and_the_token(self, studio):
        for _ in range(5):
            studio.make_channel()
        with counting(studio) as watch:
            assert studio.get("/api/user").status == 200
        assert len(watch.names) == 3


class TestProfile:
    def test_shows_the_clipboard_and_the_storage_left(self, studio):
        User(studio.user_id).update([User.disk_space_left.add(-100)])
        own = studio.get("/api/user/me").json
        assert own["id"] == own["clipboard_root_id"] == studio.user_id
        assert own["disk_space_used"] == 100
        assert own["available_space"] == own["disk_space"] - 100 > 0
        assert own["is_admin"] is False
        assert own["date_joined"].endswith("Z")

    def test_has_no_space_left_if_the_quota_is_exceeded(self, studio):
        User(studio.user_id).update([User.disk_space_left.set(-1)])
        assert studio.get("/api/user/me").json["available_space"] == 0


class TestNames:
    URL = "/api/user/me"

    def change(self, studio, **names):
        return studio.call("PATCH", self.URL, names)

    def test_are_changed(self, studio):
        answer = self.change(studio, first_name=" Ada \n", last_name="Lovelace")
        assert answer.status == 200
        assert (answer.json["first_name"], answer.json["last_name"]) == ("Ada", "Lovelace")
        assert studio.get(self.URL).json == answer.json
        assert self.change(studio, first_name="").json["first_name"] == ""

    def test_that_are_not_sent_stay(self, studio):
        self.change(studio, first_name="Ada", last_name="Lovelace")
        assert self.change(studio, last_name=None).json["first_name"] == "Ada"
        assert self.change(studio, last_name="Byron").json["first_name"] == "Ada"

    def test_follow_in_tokens_sessions_and_lists_of_members(self, studio):
        channel_id, _ = studio.make_channel()
        browser = studio.sign_in()
        self.change(studio, first_name="Ada")
        assert browser.call("GET", "/api/auth/session/current").json["first_name"] == "Ada"
        (member,) = studio.get(f"/api/channeluser?channel={channel_id}").json
        assert member["first_name"] == "Ada"
        assert studio.cloud.items("tokens")[0]["first_name"]["S"] == "Ada"

    def test_nothing_else_is_changed(self, studio):
        before = studio.get(self.URL).json
        sent = {"is_admin": True, "email": "x@example.org", "disk_space": 10**12, "is_active": False, "id": "0" * 32}
        assert self.change(studio, **sent).json == before
        assert studio.get(self.URL).json == before

    @pytest.mark.parametrize("value", ["a" * 201, 5, ["a"], {"a": 1}, True, "\ud800"])
    def test_are_bounded_text(self, studio, value):
        answer = self.change(studio, first_name=value)
        assert answer.status == 400

    def test_that_stay_the_same_write_nothing(self, studio):
        self.change(studio, first_name="Ada")
        with counting(studio) as watch:
            assert self.change(studio, first_name="Ada").status == 200
        assert watch.names == ["GetItem", "GetItem"]

    def test_meet_another_change(self, studio, monkeypatch):
        original = users.change_profile
        met: list[bool] = []

        def meanwhile(user, actions, profile, *administrators):
            if not met:
                met.append(original(existing(users.get(user.id)), [], {"last_name": "Lovelace"}))
            return original(user, actions, profile, *administrators)

        monkeypatch.setattr(users, "change_profile", meanwhile)
        answer = self.change(studio, first_name="Ada")
        assert (answer.json["first_name"], answer.json["last_name"]) == ("Ada", "Lovelace")
