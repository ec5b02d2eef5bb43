"""Invitations: sending, e-mail and lists."""

from dataclasses import replace

import pytest

from chalicelib.aws import mail
from chalicelib.config import settings
from chalicelib.errors import Busy
from chalicelib.identity import accounts
from chalicelib.models import users
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.telemetry import log
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds.invitations import URL, invite, made

SENDER = "studio@example.org"
FIELDS = {"id", "invited", "email", "accepted", "declined", "revoked", "first_name", "last_name"}
FIELDS |= {"sender_name", "channel", "channel_name", "share_mode"}


@pytest.fixture
def channel_id(studio):
    return studio.make_channel("Ünï")[0]


@pytest.fixture
def guest(studio):
    """Return (user ID, token)."""
    return studio.sign_up("guest")


def ids(answer):
    assert answer.status == 200, answer.text
    return {f"{URL}/{row['id']}" for row in answer.json}


class TestCreate:
    def test_returns_the_invitation(self, studio, channel_id, guest):
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

    def test_accepts_an_unknown_address_in_any_case(self, studio, channel_id):
        answer = invite(studio, channel_id, " Late@Example.ORG")
        assert (answer.json["email"], answer.json["invited"]) == ("late@example.org", None)
        user_id, token = studio.sign_up("late")
        (row,) = studio.get(URL, token).json
        assert row["invited"] == user_id
        assert studio.post(f"{URL}/{row['id']}/accept", None, token).status == 200

    def test_hides_the_invited_account_until_accepted(self, studio, channel_id, guest):
        User(guest[0]).update([User.first_name.set("Own")])
        url = made(studio, channel_id, first_name="Other", last_name="Name")
        _, admin = studio.sign_up("admin", is_admin=True)

        def shown_account(token=""):
            row = studio.get(url, token).json
            return row["invited"], row["first_name"], row["last_name"]

        known = (guest[0], "Own", "Name")
        assert [shown_account(), shown_account(guest[1]), shown_account(admin)] == [
            (None, "Other", "Name"),
            known,
            known,
        ]
        studio.post(f"{url}/accept", None, guest[1])
        assert shown_account() == known

    def test_is_refused_while_another_is_pending(self, studio, channel_id):
        url = made(studio, channel_id)
        assert invite(studio, channel_id, "GUEST@example.org").status == 409
        assert invite(studio, studio.make_channel()[0]).status == 201
        studio.call("PATCH", url, {"revoked": True})
        assert invite(studio, channel_id).status == 201

    @pytest.mark.parametrize(
        ("role", "offered", "status"), [(EDIT, EDIT, 409), (EDIT, VIEW, 409), (VIEW, VIEW, 409), (VIEW, EDIT, 201)]
    )
    def test_is_refused_for_members_who_have_the_right(self, studio, channel_id, guest, role, offered, status):
        studio.share(channel_id, guest[0], role)
        assert invite(studio, channel_id, "GUEST@example.org", share_mode=offered).status == status
        assert invite(studio, channel_id, "chef@example.org", share_mode=offered).status == 409

    def test_is_allowed_to_editors_only(self, studio, channel_id, guest):
        assert invite(studio, channel_id, "a@b.org", guest[1]).status == 404
        studio.share(channel_id, guest[0], VIEW)
        assert invite(studio, channel_id, "a@b.org", guest[1]).status == 403

    def test_is_refused_for_deleted_channels(self, studio, channel_id):
        Channel(channel_id).update([Channel.deleted.set(True)])
        assert invite(studio, channel_id).status == 409

    def test_accepts_a_free_id(self, studio, channel_id):
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
    def test_refuses_bad_input(self, studio, channel_id, fields):
        answer = studio.post(URL, {"email": "a@b.org", "channel": channel_id, **fields})
        assert answer.status == 400
        assert studio.cloud.items("invitations") == []


class TestMail:
    @pytest.fixture(autouse=True)
    def _sender(self, studio, monkeypatch):
        monkeypatch.setattr(mail, "settings", lambda: replace(settings(), mail_from=SENDER))
        studio.cloud.verify_sender(SENDER)

    def test_is_sent_to_the_invited_user(self, studio, channel_id):
        path = made(studio, channel_id, email="Guest@example.org", share_mode="view")
        (sent,) = studio.cloud.mails()
        assert (sent.source, sent.destinations["ToAddresses"]) == (SENDER, ["guest@example.org"])
        assert sent.subject == 'Invitation to the channel "Ünï"'
        assert "chef@example.org invites you" in sent.body
        assert 'to view the channel "Ünï"' in sent.body
        assert f"{settings().public_url}/invitations/{path.rpartition('/')[2]}/" in sent.body

    def test_names_the_sender(self, studio, channel_id):
        User(studio.user_id).update([User.first_name.set("Ada"), User.last_name.set("Lovelace")])
        token = accounts.issue_token(existing(users.get(studio.user_id)))
        invite(studio, channel_id, token=token)
        assert "Ada Lovelace (chef@example.org) invites you" in studio.cloud.mails()[0].body

    def test_has_a_single_line_subject(self, studio):
        channel_id, _ = studio.make_channel("a\r\nBcc: b@c.org $address")
        invite(studio, channel_id)
        assert studio.cloud.mails()[0].subject == 'Invitation to the channel "a Bcc: b at c. org $address"'

    def test_has_no_other_text_of_the_sender_and_no_link_but_ours(self, studio):
        User(studio.user_id).update(
            [User.first_name.set("Visit evil.example"), User.last_name.set("https://evil.example")]
        )
        token = accounts.issue_token(existing(users.get(studio.user_id)))
        name = "Win at https://evil.example/x now: www.evil.example and mail me@evil.example " + "x" * 100
        channel_id, _ = studio.make_channel(name)
        sent = {"channel": channel_id, "email": "visit-evil.example@guest.org", "share_mode": "edit"}
        sent |= {"first_name": "evil.example", "last_name": "evil.example"}
        assert studio.post(URL, sent, token).status == 201
        (mail,) = studio.cloud.mails()
        for text in (mail.subject, mail.body):
            assert "evil.example" not in text
            assert "@evil" not in text
            assert "x" * 61 not in text
        assert mail.body.count("://") == 1

    def test_failure_withdraws_the_invitation(self, studio, channel_id, guest, monkeypatch):
        monkeypatch.setattr(mail, "settings", lambda: replace(settings(), mail_from="unknown@example.org"))
        logged: list[str] = []
        monkeypatch.setattr(log, "exception", logged.append)
        answer = invite(studio, channel_id)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert "could not be sent" in answer.json["detail"]
        assert (studio.cloud.items("invitations"), studio.cloud.mails(), len(logged)) == ([], [], 1)
        monkeypatch.undo()
        assert invite(studio, channel_id).status == 201

    def test_failure_keeps_an_invitation_accepted_concurrently(self, studio, channel_id, guest, monkeypatch):
        def send(*_):
            (row,) = studio.get(URL, guest[1]).json
            assert studio.post(f"{URL}/{row['id']}/accept", None, guest[1]).status == 200
            raise Busy("The e-mail could not be sent.")

        monkeypatch.setattr(mail, "send", send)
        assert invite(studio, channel_id).status == 503
        (row,) = studio.get(URL, guest[1]).json
        assert row["accepted"] is True

    def test_has_short_timeouts(self):
        """Two attempts of at most five seconds each."""
        limits = mail.client().meta.config
        assert limits.retries["total_max_attempts"] == 2
        assert limits.connect_timeout + limits.read_timeout == 5

    def test_is_not_sent_without_a_sender(self, studio, channel_id, monkeypatch):
        monkeypatch.setattr(mail, "settings", settings)
        assert invite(studio, channel_id).status == 201
        assert studio.cloud.mails() == []

    def test_is_not_sent_for_refused_invitations(self, studio, channel_id):
        assert invite(studio, channel_id, "chef@example.org").status == 409
        assert studio.cloud.mails() == []


class TestList:
    def test_is_empty_at_first_as_recorded(self, studio):
        assert studio.get(URL).json == []

    def test_shows_users_their_own(self, studio, channel_id, guest):
        one, _ = made(studio, channel_id), made(studio, channel_id, email="other@example.org")
        assert ids(studio.get(URL, guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={guest[0]}", guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={guest[0]}&channel={channel_id}", guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={guest[0]}&channel={NOTHING}", guest[1])) == set()
        assert ids(studio.get(f"{URL}?invited={guest[0]}")) == set()

    @pytest.mark.parametrize("value", ["1", "true", "bad", NOTHING, "other@example.org"])
    def test_shows_users_their_own_whatever_invited_says(self, studio, channel_id, guest, value):
        one, other = made(studio, channel_id), made(studio, studio.make_channel()[0])
        assert ids(studio.get(f"{URL}?invited={value}", guest[1])) == {one, other}
        assert ids(studio.get(f"{URL}?invited={value}&channel={channel_id}", guest[1])) == {one}
        assert ids(studio.get(f"{URL}?invited={value}")) == set()

    def test_of_a_channel_is_visible_to_its_editors(self, studio, channel_id, guest):
        one, two = made(studio, channel_id), made(studio, channel_id, email="other@example.org")
        made(studio, studio.make_channel()[0])
        assert ids(studio.get(f"{URL}?channel={channel_id}")) == {one, two}
        assert ids(studio.get(f"{URL}?channel={channel_id}&invited={guest[0]}")) == set()
        assert studio.get(f"{URL}?channel={channel_id}", guest[1]).status == 404
        studio.share(channel_id, guest[0], VIEW)
        assert studio.get(f"{URL}?channel={channel_id}", guest[1]).status == 403

    def test_shows_administrators_those_of_any_channel(self, studio, channel_id):
        one = made(studio, channel_id)
        _, admin = studio.sign_up("admin", is_admin=True)
        assert ids(studio.get(f"{URL}?channel={channel_id}", admin)) == {one}

    @pytest.mark.parametrize(("channel_id", "status"), [(NOTHING, 404), ("bad", 404), ("%00", 400)])
    def test_of_an_unknown_channel_is_not_found(self, studio, channel_id, status):
        """Text that no id could be is refused."""
        assert studio.get(f"{URL}?channel={channel_id}").status == status

    def test_can_be_filtered_by_decision(self, studio, channel_id, guest):
        declined = made(studio, channel_id)
        studio.post(f"{declined}/decline", None, guest[1])
        waiting = made(studio, channel_id)
        assert ids(studio.get(f"{URL}?declined=true", guest[1])) == {declined}
        assert ids(studio.get(f"{URL}?declined=false&accepted=false", guest[1])) == {waiting}
        assert studio.get(f"{URL}?declined=maybe").status == 400

    def test_costs_two_calls_besides_token_and_channel(self, studio, channel_id, guest):
        for number in range(20):
            made(studio, channel_id, email=f"u{number}@example.org")
        studio.get("/api/bookmark", guest[1])  # the first use of a token on a day takes one more call
        with counting(studio) as watch:
            assert len(studio.get(f"{URL}?channel={channel_id}&page_size=50").json["results"]) == 20
        assert len(watch.names) == 4
        with counting(studio) as watch:
            assert studio.get(URL, guest[1]).status == 200
        assert len(watch.names) <= 3
