"""Invitations: sent, seen, accepted, declined, revoked."""

from dataclasses import replace

import pytest

from chalicelib import mail
from chalicelib.config import settings
from chalicelib.models import channel_members, channels, invitations, users
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.invitations import Invitation
from chalicelib.models.users import User
from tests.support.calls import counting
from tests.support.routes import NOTHING

URL = "/api/invitation"
SENDER = "studio@example.org"
FIELDS = {"id", "invited", "email", "accepted", "declined", "revoked", "first_name", "last_name"}
FIELDS |= {"sender_name", "channel", "channel_name", "share_mode"}


@pytest.fixture
def channel_id(studio):
    return studio.make_channel("Ünï")[0]


@pytest.fixture
def guest(studio):
    """(user id, token)"""
    return studio.sign_up("guest")


def invite(studio, channel_id, email="guest@example.org", token="", **fields):
    return studio.post(URL, {"email": email, "channel": channel_id, "share_mode": EDIT, **fields}, token)


def made(studio, channel_id, **fields):
    answer = invite(studio, channel_id, **fields)
    assert answer.status == 201, answer.text
    return f"{URL}/{answer.json['id']}"


def ids(answer):
    assert answer.status == 200, answer.text
    return {f"{URL}/{row['id']}" for row in answer.json}


class TestSending:
    def test_answers_with_the_invitation(self, studio, channel_id, guest):
        answer = invite(studio, channel_id, first_name="Gü", last_name="Est")
        assert (answer.status, set(answer.json)) == (201, FIELDS)
        assert answer.json == {
            "id": answer.json["id"],
            "invited": None,
            "email": "guest@example.org",
            "accepted": False,
            "declined": False,
            "revoked": False,
            "first_name": "Gü",
            "last_name": "Est",
            "sender_name": "chef@example.org",
            "channel": channel_id,
            "channel_name": "Ünï",
            "share_mode": "edit",
        }
        assert studio.get(f"{URL}/{answer.json['id']}").json == answer.json

    def test_takes_an_address_in_any_case_of_one_who_is_not_there_yet(self, studio, channel_id):
        answer = invite(studio, channel_id, " Late@Example.ORG")
        assert (answer.json["email"], answer.json["invited"]) == ("late@example.org", None)
        user_id, token = studio.sign_up("late")
        (row,) = studio.get(URL, token).json
        assert row["invited"] == user_id
        assert studio.post(f"{URL}/{row['id']}/accept", None, token).status == 200

    def test_tells_of_an_account_only_the_invited_until_they_accept(self, studio, channel_id, guest):
        User(guest[0]).update([User.first_name.set("Own")])
        url = made(studio, channel_id, first_name="Other", last_name="Name")
        _, admin = studio.sign_up("admin", is_admin=True)

        def told(token=""):
            row = studio.get(url, token).json
            return row["invited"], row["first_name"], row["last_name"]

        known = (guest[0], "Own", "Name")
        assert [told(), told(guest[1]), told(admin)] == [(None, "Other", "Name"), known, known]
        studio.post(f"{url}/accept", None, guest[1])
        assert told() == known

    def test_is_refused_while_another_is_undecided(self, studio, channel_id):
        url = made(studio, channel_id)
        assert invite(studio, channel_id, "GUEST@example.org").status == 409
        assert invite(studio, studio.make_channel()[0]).status == 201
        studio.call("PATCH", url, {"revoked": True})
        assert invite(studio, channel_id).status == 201

    @pytest.mark.parametrize("role", [EDIT, VIEW])
    def test_is_refused_for_members(self, studio, channel_id, guest, role):
        studio.share(channel_id, guest[0], role)
        assert invite(studio, channel_id, "GUEST@example.org").status == 409
        assert invite(studio, channel_id, "chef@example.org").status == 409

    def test_is_for_editors(self, studio, channel_id, guest):
        assert invite(studio, channel_id, "a@b.org", guest[1]).status == 404
        studio.share(channel_id, guest[0], VIEW)
        assert invite(studio, channel_id, "a@b.org", guest[1]).status == 403

    def test_is_not_for_deleted_channels(self, studio, channel_id):
        Channel(channel_id).update([Channel.deleted.set(True)])
        assert invite(studio, channel_id).status == 409

    def test_may_choose_an_id_that_is_free(self, studio, channel_id):
        assert invite(studio, channel_id, id="a" * 32).json["id"] == "a" * 32
        assert invite(studio, channel_id, id="a" * 32).status == 409

    @pytest.mark.parametrize(
        "fields",
        [
            {"email": "nobody"},
            {"email": None},
            {"email": "a@b.org\ud800"},
            {"email": "a\x00@b@c"},
            {"share_mode": "own"},
            {"share_mode": None},
            {"channel": "bad"},
            {"channel": None},
            {"first_name": "x" * 201},
            {"id": "bad"},
        ],
        ids=str,
    )
    def test_is_refused_for_what_is_wrong(self, studio, channel_id, fields):
        answer = studio.post(URL, {"email": "a@b.org", "channel": channel_id, **fields})
        assert answer.status == 400
        assert studio.cloud.items("invitations") == []


class TestMail:
    @pytest.fixture(autouse=True)
    def _sender(self, studio, monkeypatch):
        monkeypatch.setattr(mail, "settings", lambda: replace(settings(), mail_from=SENDER))
        studio.cloud.may_send_from(SENDER)

    def test_tells_the_invited(self, studio, channel_id):
        invite(studio, channel_id, "Guest@example.org", share_mode="view")
        (sent,) = studio.cloud.mails()
        assert (sent.source, sent.destinations["ToAddresses"]) == (SENDER, ["guest@example.org"])
        assert sent.subject == "chef@example.org invites you to Ünï"
        assert 'to view the channel "Ünï"' in sent.body
        assert settings().public_url in sent.body

    def test_has_a_subject_of_one_line(self, studio):
        channel_id, _ = studio.make_channel("a\r\nBcc: b@c.org $address")
        invite(studio, channel_id)
        assert studio.cloud.mails()[0].subject == "chef@example.org invites you to a Bcc: b@c.org $address"

    def test_may_fail(self, studio, channel_id, monkeypatch):
        monkeypatch.setattr(mail, "settings", lambda: replace(settings(), mail_from="unknown@example.org"))
        assert invite(studio, channel_id).status == 201
        assert studio.cloud.mails() == []

    def test_is_not_sent_without_a_sender(self, studio, channel_id, monkeypatch):
        monkeypatch.setattr(mail, "settings", settings)
        assert invite(studio, channel_id).status == 201
        assert studio.cloud.mails() == []

    def test_is_not_sent_for_what_is_refused(self, studio, channel_id):
        assert invite(studio, channel_id, "chef@example.org").status == 409
        assert studio.cloud.mails() == []


class TestList:
    def test_is_empty_at_first_as_recorded(self, studio):
        assert studio.get(URL).json == []

    def test_of_the_invited_is_their_own(self, studio, channel_id, guest):
        one, _ = made(studio, channel_id), made(studio, channel_id, email="other@example.org")
        assert ids(studio.get(URL, guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={guest[0]}", guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={guest[0]}&channel={channel_id}", guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={guest[0]}&channel={NOTHING}", guest[1])) == set()
        assert ids(studio.get(f"{URL}?invited={guest[0]}")) == ids(studio.get(f"{URL}?invited=bad")) == set()

    def test_of_a_channel_is_for_its_editors(self, studio, channel_id, guest):
        one, two = made(studio, channel_id), made(studio, channel_id, email="other@example.org")
        made(studio, studio.make_channel()[0])
        assert ids(studio.get(f"{URL}?channel={channel_id}")) == {one, two}
        assert ids(studio.get(f"{URL}?channel={channel_id}&invited={guest[0]}")) == {one}
        assert studio.get(f"{URL}?channel={channel_id}", guest[1]).status == 404
        studio.share(channel_id, guest[0], VIEW)
        assert studio.get(f"{URL}?channel={channel_id}", guest[1]).status == 403

    def test_is_everyones_for_administrators(self, studio, channel_id, guest):
        one = made(studio, channel_id)
        _, admin = studio.sign_up("admin", is_admin=True)
        assert ids(studio.get(f"{URL}?invited={guest[0]}", admin)) == {one}
        assert ids(studio.get(f"{URL}?channel={channel_id}", admin)) == {one}

    @pytest.mark.parametrize("channel_id", [NOTHING, "bad", "%00"])
    def test_is_not_there_for_what_is_no_channel(self, studio, channel_id):
        assert studio.get(f"{URL}?channel={channel_id}").status in (400, 404)

    def test_can_be_filtered_by_what_was_decided(self, studio, channel_id, guest):
        declined = made(studio, channel_id)
        studio.post(f"{declined}/decline", None, guest[1])
        waiting = made(studio, channel_id)
        assert ids(studio.get(f"{URL}?declined=true", guest[1])) == {declined}
        assert ids(studio.get(f"{URL}?declined=false&accepted=false", guest[1])) == {waiting}
        assert studio.get(f"{URL}?declined=maybe").status == 400

    def test_costs_two_calls_more_than_the_token_and_the_channel(self, studio, channel_id, guest):
        for number in range(20):
            made(studio, channel_id, email=f"u{number}@example.org")
        with counting(studio) as watch:
            assert len(studio.get(f"{URL}?channel={channel_id}&page_size=50").json["results"]) == 20
        assert len(watch.names) == 4
        with counting(studio) as watch:
            assert studio.get(URL, guest[1]).status == 200
        assert len(watch.names) <= 3


class TestAccepting:
    @pytest.mark.parametrize("role", [EDIT, VIEW])
    def test_gives_the_role(self, studio, channel_id, guest, role):
        url = made(studio, channel_id, share_mode=role)
        answer = studio.post(f"{url}/accept", None, guest[1])
        assert (answer.status, answer.json) == (200, {"status": "success"})
        assert channel_members.get(guest[0], channel_id).role == role
        assert studio.get(url).json["accepted"] is True
        channel, user = channels.get(channel_id), users.get(guest[0])
        expected = (1, 0) if role == EDIT else (0, 1)
        assert (channel.editors_count - 1, channel.viewers_count) == (user.edit_count, user.view_count) == expected

    def test_can_be_said_by_a_change(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        answer = studio.call("PATCH", url, {"accepted": True}, guest[1])
        assert (answer.status, answer.json["accepted"]) == (200, True)
        assert channel_members.get(guest[0], channel_id).role == EDIT

    def test_takes_no_right_away(self, studio, channel_id, guest):
        first = made(studio, channel_id, share_mode=VIEW)
        kept = invitations.get(first.rpartition("/")[2]).attribute_values
        second, third = (f"{URL}/{letter * 32}" for letter in "bc")  # sent at the same moment
        for url, role in ((second, EDIT), (third, VIEW)):
            Invitation(**{**kept, "id": url.rpartition("/")[2], "share_mode": role}).save()
        for url, role in ((first, VIEW), (second, EDIT), (third, EDIT)):
            assert studio.post(f"{url}/accept", None, guest[1]).status == 200
            assert channel_members.get(guest[0], channel_id).role == role
        assert (channels.get(channel_id).editors_count, channels.get(channel_id).viewers_count) == (2, 0)

    def test_is_for_the_invited_only(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        _, stranger = studio.sign_up("stranger")
        _, admin = studio.sign_up("admin", is_admin=True)
        for way in ("accept", "decline"):
            assert studio.post(f"{url}/{way}", None, stranger).status == 404
            assert studio.post(f"{url}/{way}").status == studio.post(f"{url}/{way}", None, admin).status == 403

    def test_gives_nothing_where_the_invitation_is_revoked_meanwhile(self, studio, channel_id, guest, monkeypatch):
        url, accept = made(studio, channel_id), invitations.accept

        def meanwhile(*arguments):
            assert studio.call("PATCH", url, {"revoked": True}).status == 200
            return accept(*arguments)

        monkeypatch.setattr(invitations, "accept", meanwhile)
        assert studio.post(f"{url}/accept", None, guest[1]).status == 409
        assert channel_members.get(guest[0], channel_id) is None
        assert channels.get(channel_id).editors_count == 1

    def test_is_refused_where_the_channel_is_deleted(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        Channel(channel_id).update([Channel.deleted.set(True)])
        assert studio.post(f"{url}/accept", None, guest[1]).status == 409


class TestDeciding:
    @pytest.mark.parametrize("first", ["accept", "decline", "revoke"])
    @pytest.mark.parametrize("second", ["accept", "decline", "revoke"])
    def test_is_done_once(self, studio, channel_id, guest, first, second):
        url = made(studio, channel_id)

        def decide(how):
            if how == "revoke":
                return studio.call("PATCH", url, {"revoked": True}).status
            return studio.post(f"{url}/{how}", None, guest[1]).status

        assert [decide(first), decide(second)] == [200, 409]

    def test_declines_without_a_role(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        assert studio.post(f"{url}/decline", None, guest[1]).json == {"status": "success"}
        assert channel_members.get(guest[0], channel_id) is None
        assert studio.get(url).json["declined"] is True

    def test_revokes_for_the_sender_and_for_editors(self, studio, channel_id, guest):
        editor_id, editor = studio.sign_up("editor")
        studio.share(channel_id, editor_id, EDIT)
        editors = made(studio, channel_id)
        senders = made(studio, channel_id, email="other@example.org", token=editor)
        assert studio.call("PATCH", editors, {"revoked": True}, guest[1]).status == 403
        assert studio.call("PATCH", editors, {"revoked": True}, editor).json["revoked"] is True
        studio.call("DELETE", f"/api/channeluser/{editor_id}?channel={channel_id}")
        assert studio.call("PATCH", senders, {"share_mode": "edit"}, editor).status == 403
        assert studio.call("PATCH", senders, {"revoked": True}, editor).json["revoked"] is True

    def test_is_for_one_decision(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        assert studio.call("PATCH", url, {"accepted": True, "declined": True}, guest[1]).status == 400
        assert studio.call("PATCH", url, {"accepted": "yes"}, guest[1]).status == 400


class TestChanging:
    def test_is_for_editors(self, studio, channel_id, guest):
        url = made(studio, channel_id)
        assert studio.call("PATCH", url, {"share_mode": "view"}, guest[1]).status == 403
        answer = studio.call("PATCH", url, {"share_mode": "view", "first_name": "New"})
        assert (answer.status, answer.json["share_mode"], answer.json["first_name"]) == (200, "view", "New")
        studio.post(f"{url}/accept", None, guest[1])
        assert studio.call("PATCH", url, {"share_mode": "edit"}).status == 409
        assert channel_members.get(guest[0], channel_id).role == VIEW

    def test_leaves_address_and_channel(self, studio, channel_id):
        url = made(studio, channel_id)
        body = {"email": "GUEST@example.org", "channel": channel_id, "share_mode": "view"}
        assert studio.call("PUT", url, body).json["share_mode"] == "view"
        for wrong in ({"email": "other@example.org"}, {"channel": NOTHING}):
            assert studio.call("PUT", url, {**body, **wrong}).status == 400

    @pytest.mark.parametrize("body", [None, {}, {"accepted": False}])
    def test_may_be_of_nothing(self, studio, channel_id, body):
        assert studio.call("PATCH", made(studio, channel_id), body).status == 200

    @pytest.mark.parametrize("invitation", [NOTHING, "bad", "%00"])
    def test_needs_an_invitation(self, studio, invitation):
        assert studio.get(f"{URL}/{invitation}").status == 404
        assert studio.call("PATCH", f"{URL}/{invitation}", {"revoked": True}).status == 404
        assert studio.post(f"{URL}/{invitation}/accept").status == 404
