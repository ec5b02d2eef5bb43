"""Editors and viewers of a channel: list, promote and remove."""

import pytest

from chalicelib.models import channel_members, channels, users
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.users import User
from chalicelib.operations.users import members
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

URL = "/api/channeluser"
# Recorded: GET /api/channeluser?channel=
RECORDED = {"first_name": "", "last_name": "", "is_active": True, "can_edit": True, "can_view": False}


@pytest.fixture
def channel_id(studio):
    return studio.make_channel()[0]


def join(studio, channel_id, name, role):
    """Add a member by invitation; returns (user ID, token)."""
    user_id, token = studio.sign_up(name)
    body = {"email": f"{name}@example.org", "channel": channel_id, "share_mode": role}
    invitation = studio.post("/api/invitation", body)
    assert studio.post(f"/api/invitation/{invitation.json['id']}/accept", None, token).status == 200
    return user_id, token


def listed(studio, channel_id):
    return {row["id"]: row["can_edit"] for row in studio.get(f"{URL}?channel={channel_id}").json}


def remove(studio, user_id, channel_id, token=""):
    return studio.call("DELETE", f"{URL}/{user_id}?channel={channel_id}", None, token).status


def leave(studio, user_id, channel_id, token=""):
    return studio.call("DELETE", f"{URL}/{user_id}/remove_self?channel_id={channel_id}", None, token).status


def publish(studio, channel_id):
    _, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)


class TestList:
    def test_has_the_recorded_fields(self, studio, channel_id):
        (row,) = studio.get(f"{URL}?channel={channel_id}").json
        assert row == {"id": studio.user_id, "email": "chef@example.org", **RECORDED}

    def test_has_editors_first_and_can_be_ordered_and_searched(self, studio, channel_id):
        for name, role in (("b", VIEW), ("a", VIEW), ("z", EDIT)):
            join(studio, channel_id, name, role)
        names = [[row["email"][0] for row in studio.get(f"{URL}?channel={channel_id}{more}").json] for more in (
            "", "&ordering=-email", "&search=Z@", "&ordering=nothing",
        )]  # fmt: skip
        assert names == [["c", "z", "a", "b"], ["z", "c", "b", "a"], ["z"], ["c", "z", "a", "b"]]

    @pytest.mark.parametrize("query", ["", "?page_size=2", "?channel=", "?id=a"])
    def test_needs_a_channel(self, studio, query):
        assert studio.get(URL + query).status == 412

    @pytest.mark.parametrize(
        ("channel_id", "status"), [(NOTHING, 404), ("bad", 404), ("%00", 400), ("x" * 2000, 400)], ids=range(4)
    )
    def test_of_an_unknown_channel_is_not_found(self, studio, channel_id, status):
        """Text that no id could be is refused."""
        assert studio.get(f"{URL}?channel={channel_id}").status == status

    def test_hides_addresses_of_others_from_viewers(self, studio, channel_id):
        User(studio.user_id).update([User.first_name.set("Chef")])
        user_id, token = join(studio, channel_id, "viewer", VIEW)

        def rows(more="", sent=token):
            return studio.get(f"{URL}?channel={channel_id}{more}", sent).json

        assert [(row["id"], row["first_name"], row["email"]) for row in rows()] == [
            (studio.user_id, "Chef", ""),
            (user_id, "", "viewer@example.org"),
        ]
        assert set(rows()[0]) == {"id", "email", *RECORDED}
        assert rows("&search=chef@") == []
        for sent in ("", studio.sign_up("admin", is_admin=True)[1]):
            assert [row["email"] for row in rows("", sent)] == ["chef@example.org", "viewer@example.org"]

    def test_is_forbidden_to_viewers_of_a_public_channel(self, studio, channel_id):
        publish(studio, channel_id)
        _, token = studio.sign_up("stranger")
        assert studio.get(f"{URL}?channel={channel_id}", token).status == 404
        studio.make_public(channel_id)
        assert studio.get(f"{URL}?channel={channel_id}", token).status == 403

    def test_costs_four_calls_including_the_token(self, studio, channel_id):
        for number in range(30):
            studio.share(channel_id, studio.sign_up(f"u{number}")[0], VIEW)
        with counting(studio) as watch:
            assert len(studio.get(f"{URL}?channel={channel_id}").json) == 31
        assert len(watch.names) == 4


class TestMakeEditor:
    @pytest.mark.parametrize("name", ["channel", "channel_id"])
    def test_makes_a_viewer_an_editor(self, studio, channel_id, name):
        user_id, _ = join(studio, channel_id, "viewer", VIEW)
        for _ in range(2):  # the second time nothing changes
            answer = studio.post(f"{URL}/{user_id}/make_editor", {name: channel_id})
            assert (answer.status, answer.json["can_edit"], answer.json["can_view"]) == (200, True, False)
        assert listed(studio, channel_id) == {studio.user_id: True, user_id: True}
        channel = existing(channels.get(channel_id))
        assert (channel.editors_count, channel.viewers_count) == (2, 0)
        assert (existing(users.get(user_id)).edit_count, existing(users.get(user_id)).view_count) == (1, 0)

    def test_does_not_accept_non_members(self, studio, channel_id):
        user_id, token = studio.sign_up("stranger")
        assert studio.post(f"{URL}/{user_id}/make_editor", {"channel": channel_id}).status == 404
        assert studio.post(f"{URL}/{user_id}/make_editor", {"channel": channel_id}, token).status == 404

    def test_administrators_may_add_any_user(self, studio, channel_id):
        user_id, _ = studio.sign_up("stranger")
        _, admin = studio.sign_up("admin", is_admin=True)
        assert studio.post(f"{URL}/{user_id}/make_editor", {"channel": channel_id}, admin).status == 200
        assert studio.post(f"{URL}/{NOTHING}/make_editor", {"channel": channel_id}, admin).status == 404
        assert listed(studio, channel_id)[user_id]

    @pytest.mark.parametrize("body", [None, {}, [], {"channel": 5}, {"channel": "bad"}, {"channel": None}])
    def test_needs_a_channel(self, studio, body):
        assert studio.post(f"{URL}/{studio.user_id}/make_editor", body).status == 400


class TestRemoval:
    @pytest.mark.parametrize("role", [EDIT, VIEW])
    def test_of_others_is_allowed_to_editors(self, studio, channel_id, role):
        user_id, _ = join(studio, channel_id, "member", role)
        assert remove(studio, user_id, channel_id) == 204
        assert listed(studio, channel_id) == {studio.user_id: True}
        assert remove(studio, user_id, channel_id) == 404
        channel, user = existing(channels.get(channel_id)), existing(users.get(user_id))
        assert (channel.editors_count, channel.viewers_count, user.edit_count, user.view_count) == (1, 0, 0, 0)

    def test_of_others_is_forbidden_to_viewers(self, studio, channel_id):
        _, token = join(studio, channel_id, "viewer", VIEW)
        assert remove(studio, studio.user_id, channel_id, token) == 403

    def test_of_oneself_is_allowed_to_everyone(self, studio, channel_id):
        user_id, token = join(studio, channel_id, "viewer", VIEW)
        assert leave(studio, studio.user_id, channel_id, token) == 403
        assert leave(studio, user_id, channel_id, token) == 204
        assert leave(studio, user_id, channel_id, token) == 404
        other_id, token = join(studio, channel_id, "other", EDIT)
        assert leave(studio, other_id, channel_id, token) == 204

    def test_of_a_user_who_only_views_a_public_channel_finds_no_member(self, studio, channel_id):
        publish(studio, channel_id)
        studio.make_public(channel_id)
        reader, token = studio.sign_up("reader")
        assert leave(studio, reader, channel_id, token) == 404
        assert remove(studio, reader, channel_id, token) == 404

    def test_of_the_last_editor_is_refused(self, studio, channel_id):
        join(studio, channel_id, "viewer", VIEW)
        assert leave(studio, studio.user_id, channel_id) == 409
        assert remove(studio, studio.user_id, channel_id) == 409

    def test_of_the_last_editor_is_allowed_to_administrators(self, studio, channel_id):
        _, admin = studio.sign_up("admin", is_admin=True)
        assert remove(studio, studio.user_id, channel_id, admin) == 204

    def test_leaves_an_editor_if_two_leave_concurrently(self, studio, channel_id, monkeypatch):
        """Each sees the other as the remaining editor."""
        user_id, token = join(studio, channel_id, "other", EDIT)
        another = members._another_editor

        def meanwhile(*arguments):
            monkeypatch.setattr(members, "_another_editor", another)
            staying = another(*arguments)
            assert leave(studio, user_id, channel_id, token) == 204
            return staying

        monkeypatch.setattr(members, "_another_editor", meanwhile)
        assert leave(studio, studio.user_id, channel_id) == 409
        assert existing(channel_members.get(studio.user_id, channel_id)).role == EDIT

    def test_of_the_same_member_concurrently_counts_once(self, studio, channel_id, monkeypatch):
        user_id, _ = join(studio, channel_id, "viewer", VIEW)
        seen = members.standing

        def meanwhile(*arguments):
            monkeypatch.setattr(members, "standing", seen)
            found = seen(*arguments)
            assert remove(studio, user_id, channel_id) == 204
            return found

        monkeypatch.setattr(members, "standing", meanwhile)
        assert remove(studio, user_id, channel_id) == 409
        assert existing(channels.get(channel_id)).viewers_count == 0

    @pytest.mark.parametrize("query", ["", "?channel=", "?other=a"])
    def test_needs_a_channel(self, studio, query):
        for path in ("", "/remove_self"):
            assert studio.call("DELETE", f"{URL}/{studio.user_id}{path}{query}").status == 400

    @pytest.mark.parametrize("user_id", [NOTHING, "bad", "%00"])
    def test_needs_a_member(self, studio, channel_id, user_id):
        assert remove(studio, user_id, channel_id) == 404
