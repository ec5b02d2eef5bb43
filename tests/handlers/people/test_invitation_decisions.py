"""Invitations: accepted, declined, revoked, changed."""

import pytest

from chalicelib.models import channel_members, channels, invitations, users
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.invitations import Invitation
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds.invitations import URL, made


@pytest.fixture
def channel_id(studio):
    return studio.make_channel("Ünï")[0]


@pytest.fixture
def guest(studio):
    """Return (user ID, token)."""
    return studio.sign_up("guest")


class TestAccept:
    @pytest.mark.parametrize("role", [EDIT, VIEW])
    def test_gives_the_role(self, studio, channel_id, guest, role):
        url = made(studio, channel_id, share_mode=role)
        answer = studio.post(f"{url}/accept", None, guest[1])
        assert (answer.status, answer.json) == (200, {"status": "success"})
        assert existing(channel_members.get(guest[0], channel_id)).role == role
        assert studio.get(url).json["accepted"] is True
        channel, user = existing(channels.get(channel_id)), existing(users.get(guest[0]))
        expected = (1, 0) if role == EDIT else (0, 1)
        assert (channel.editors_count - 1, channel.viewers_count) == (user.edit_count, user.view_count) == expected

    def test_makes_a_viewer_an_editor(self, studio, channel_id, guest):
        for role in (VIEW, EDIT):
            assert studio.post(f"{made(studio, channel_id, share_mode=role)}/accept", None, guest[1]).status == 200
        body = {"channel_id": channel_id}
        assert studio.post("/api/internal/check_user_is_editor", body, guest[1]).status == 200
        channel, user = existing(channels.get(channel_id)), existing(users.get(guest[0]))
        assert (channel.editors_count, channel.viewers_count) == (2, 0)
        assert (user.edit_count, user.view_count) == (1, 0)

    def test_can_be_done_by_patch(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        answer = studio.call("PATCH", url, {"accepted": True}, guest[1])
        assert (answer.status, answer.json["accepted"]) == (200, True)
        assert existing(channel_members.get(guest[0], channel_id)).role == EDIT

    def test_never_reduces_a_role(self, studio, channel_id, guest):
        first = made(studio, channel_id, share_mode=VIEW)
        kept = existing(invitations.get(first.rpartition("/")[2])).attribute_values
        second, third = (f"{URL}/{letter * 32}" for letter in "bc")  # sent concurrently
        for url, role in ((second, EDIT), (third, VIEW)):
            Invitation(**{**kept, "id": url.rpartition("/")[2], "share_mode": role}).save()
        for url, role in ((first, VIEW), (second, EDIT), (third, EDIT)):
            assert studio.post(f"{url}/accept", None, guest[1]).status == 200
            assert existing(channel_members.get(guest[0], channel_id)).role == role
        assert (existing(channels.get(channel_id)).editors_count, existing(channels.get(channel_id)).viewers_count) == (
            2,
            0,
        )

    def test_is_allowed_to_the_invited_user_only(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        _, stranger = studio.sign_up("stranger")
        _, admin = studio.sign_up("admin", is_admin=True)
        for way in ("accept", "decline"):
            assert studio.post(f"{url}/{way}", None, stranger).status == 404
            assert studio.post(f"{url}/{way}").status == studio.post(f"{url}/{way}", None, admin).status == 403

    def test_gives_nothing_if_the_invitation_is_revoked_concurrently(self, studio, channel_id, guest, monkeypatch):
        url, accept = made(studio, channel_id), invitations.accept

        def meanwhile(*arguments):
            assert studio.call("PATCH", url, {"revoked": True}).status == 200
            return accept(*arguments)

        monkeypatch.setattr(invitations, "accept", meanwhile)
        assert studio.post(f"{url}/accept", None, guest[1]).status == 409
        assert channel_members.get(guest[0], channel_id) is None
        assert existing(channels.get(channel_id)).editors_count == 1

    @pytest.mark.parametrize("way", ["accept", "PATCH"])
    @pytest.mark.parametrize("is_removed", [False, True], ids=["deleted", "removed"])
    def test_is_refused_for_a_deleted_channel(self, studio, channel_id, guest, way, is_removed):
        url = made(studio, channel_id)
        if is_removed:
            Channel(channel_id).delete()
        else:
            Channel(channel_id).update([Channel.deleted.set(True)])
        if way == "accept":
            answer = studio.post(f"{url}/accept", None, guest[1])
        else:
            answer = studio.call("PATCH", url, {"accepted": True}, guest[1])
        assert (answer.status, "deleted" in answer.json["detail"]) == (409, True)
        assert channel_members.get(guest[0], channel_id) is None


class TestDecide:
    @pytest.mark.parametrize("first", ["accept", "decline", "revoke"])
    @pytest.mark.parametrize("second", ["accept", "decline", "revoke"])
    def test_is_possible_once(self, studio, channel_id, guest, first, second):
        url = made(studio, channel_id)

        def decide(how):
            if how == "revoke":
                return studio.call("PATCH", url, {"revoked": True}).status
            return studio.post(f"{url}/{how}", None, guest[1]).status

        assert [decide(first), decide(second)] == [200, 409]

    def test_declining_gives_no_role(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        assert studio.post(f"{url}/decline", None, guest[1]).json == {"status": "success"}
        assert channel_members.get(guest[0], channel_id) is None
        assert studio.get(url).json["declined"] is True

    def test_the_sender_and_editors_may_revoke(self, studio, channel_id, guest):
        editor_id, editor = studio.sign_up("editor")
        studio.share(channel_id, editor_id, EDIT)
        editors = made(studio, channel_id)
        senders = made(studio, channel_id, email="other@example.org", token=editor)
        assert studio.call("PATCH", editors, {"revoked": True}, guest[1]).status == 403
        assert studio.call("PATCH", editors, {"revoked": True}, editor).json["revoked"] is True
        studio.call("DELETE", f"/api/channeluser/{editor_id}?channel={channel_id}")
        assert studio.call("PATCH", senders, {"share_mode": "edit"}, editor).status == 403
        assert studio.call("PATCH", senders, {"revoked": True}, editor).json["revoked"] is True

    def test_accepts_only_one_decision(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        assert studio.call("PATCH", url, {"accepted": True, "declined": True}, guest[1]).status == 400
        assert studio.call("PATCH", url, {"accepted": "yes"}, guest[1]).status == 400


class TestUpdate:
    def test_is_for_editors(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        assert studio.call("PATCH", url, {"share_mode": "view"}, guest[1]).status == 403
        answer = studio.call("PATCH", url, {"share_mode": "view", "first_name": "New"})
        assert (answer.status, answer.json["share_mode"], answer.json["first_name"]) == (200, "view", "New")
        studio.post(f"{url}/accept", None, guest[1])
        assert studio.call("PATCH", url, {"share_mode": "edit"}).status == 409
        assert existing(channel_members.get(guest[0], channel_id)).role == VIEW

    def test_cannot_change_address_and_channel(self, studio, channel_id):
        url = made(studio, channel_id)
        body = {"email": "GUEST@example.org", "channel": channel_id, "share_mode": "view"}
        assert studio.call("PUT", url, body).json["share_mode"] == "view"
        for wrong in ({"email": "other@example.org"}, {"channel": NOTHING}):
            assert studio.call("PUT", url, {**body, **wrong}).status == 400

    @pytest.mark.parametrize("body", [None, {}, {"accepted": False}])
    def test_can_be_empty(self, studio, channel_id, body):
        assert studio.call("PATCH", made(studio, channel_id), body).status == 200

    @pytest.mark.parametrize("invitation", [NOTHING, "bad", "%00"])
    def test_needs_an_invitation(self, studio, invitation):
        assert studio.get(f"{URL}/{invitation}").status == 404
        assert studio.call("PATCH", f"{URL}/{invitation}", {"revoked": True}).status == 404
        assert studio.post(f"{URL}/{invitation}/accept").status == 404


class TestRemoval:
    """A removed member cannot return by an earlier invitation."""

    @pytest.fixture
    def member(self, studio, channel_id, guest):
        """Return (pending invitation of a member, path that removes the member)."""
        url = made(studio, channel_id)
        _, admin = studio.sign_up("admin", is_admin=True)
        assert studio.post(f"/api/channeluser/{guest[0]}/make_editor", {"channel": channel_id}, admin).status == 200
        return url, f"/api/channeluser/{guest[0]}?channel={channel_id}"

    def test_revokes_the_pending_invitation(self, studio, channel_id, guest, member):
        url, membership = member
        others = [made(studio, channel_id, email="other@example.org"), made(studio, studio.make_channel()[0])]
        assert studio.call("DELETE", membership).status == 204
        assert studio.get(url).json["revoked"] is True
        assert [studio.get(other).json["revoked"] for other in others] == [False, False]
        answer = studio.post(f"{url}/accept", None, guest[1])
        assert (answer.status, "revoked" in answer.json["detail"]) == (409, True)
        assert channel_members.get(guest[0], channel_id) is None

    def test_of_oneself_keeps_it(self, studio, guest, member):
        url, membership = member
        assert studio.call("DELETE", membership, None, guest[1]).status == 204
        assert studio.post(f"{url}/accept", None, guest[1]).status == 200

    def test_does_nothing_if_it_is_accepted_concurrently(self, studio, channel_id, guest, member, monkeypatch):
        url, membership = member
        waiting = invitations.waiting

        def meanwhile(*arguments):
            found = waiting(*arguments)
            assert studio.post(f"{url}/accept", None, guest[1]).status == 200
            return found

        monkeypatch.setattr(invitations, "waiting", meanwhile)
        assert studio.call("DELETE", membership).status == 409
        assert existing(channel_members.get(guest[0], channel_id)).role == EDIT
        monkeypatch.undo()
        assert studio.call("DELETE", membership).status == 204
