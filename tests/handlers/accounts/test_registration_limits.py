"""Who may register how often, and that no answer says who has an account."""

import pytest

from chalicelib.config import settings
from chalicelib.identity import accounts, daily_limits
from chalicelib.models import users
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http import cdn
from tests.support.http.client import Browser
from tests.support.worlds.accounts import (
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    REGISTER,
    activate,
    invite,
    last_key,
    register,
    user_of,
)

ME = "/api/user/me"
pytestmark = pytest.mark.usefixtures("mailing")


class TestEnumeration:
    """Nothing tells an address with an account from one without."""

    def known_and_unknown(self, studio, monkeypatch, request):
        """(answer, AWS calls, hashed passwords, mails) for either."""
        accounts.create_user("known@example.org", PASSWORD)
        hashed = []
        original = accounts.hash_password

        def hash_password(password):
            hashed.append(password)
            return original(password)

        monkeypatch.setattr(accounts, "hash_password", hash_password)
        found = []
        for email in ("known@example.org", "other@example.org"):
            studio.cloud.mails().clear()
            hashed.clear()
            with counting(studio) as watch:
                answer = request(email)
            assert [mail.destinations["ToAddresses"] for mail in studio.cloud.mails()] == [[email]]
            body = answer.text.replace(email, "it")
            found.append((answer.status, body, dict(answer.headers), answer.cookies, watch.names, len(hashed)))
        return found

    @pytest.mark.parametrize("mode", ["open", "invitation"])
    def test_registering_says_and_does_the_same(self, studio, monkeypatch, mailing, mode):
        mailing(REGISTRATION=mode)
        known, unknown = self.known_and_unknown(studio, monkeypatch, lambda email: register(studio, email))
        assert known == unknown
        assert known[-1] == 1
        assert "SendEmail" in known[-2]

    def test_resetting_says_and_does_the_same(self, studio, monkeypatch):
        def reset(email):
            return Browser(studio).call("POST", "/api/auth/password/reset", {"email": email})

        known, unknown = self.known_and_unknown(studio, monkeypatch, reset)
        assert known == unknown
        assert (known[0], known[-1]) == (202, 0)

    def test_only_the_mail_says_that_there_is_an_account(self, studio, browser):
        user_id, _ = accounts.create_user(EMAIL, OTHER_PASSWORD)
        before = existing(users.get(user_id)).serialize()
        register(studio, first_name="Mallory")
        (mail,) = studio.cloud.mails()
        assert mail.subject == "You already have an account"
        assert "/accounts/activate/" not in mail.body
        assert existing(users.get(user_id)).serialize() == before

    def test_limits_say_the_same(self, studio, monkeypatch):
        monkeypatch.setattr(daily_limits, "DAY", 10**9)
        accounts.create_user("known@example.org", PASSWORD)
        found = []
        for email in ("known@example.org", "other@example.org"):
            answers = [register(studio, email) for _ in range(6)]
            found.append([(answer.status, answer.text.replace(email, "it")) for answer in answers])
        assert found[0] == found[1]
        assert [status for status, _ in found[0]] == [202] * 5 + [429]


class TestLimits:
    @pytest.fixture(autouse=True)
    def _long_days(self, studio, monkeypatch):
        monkeypatch.setattr(daily_limits, "DAY", 10**9)
        cdn.require_origin_secret(monkeypatch, "k")
        studio.origin_secret = "k"

    def limit(self, monkeypatch, **limits):
        monkeypatch.setattr(daily_limits, "allowed", lambda limit: limits.get(limit.name, limit.default))

    def test_per_network(self, studio, monkeypatch):
        self.limit(monkeypatch, account_requests=2)
        studio.address = "2001:db8::1"
        assert [register(studio, f"{name}@example.org").status for name in "ab"] == [202, 202]
        studio.address = "2001:db8::2"  # the same network
        answer = register(studio, "c@example.org")
        assert (answer.status, answer.json["error"]) == (429, "Limit reached")
        assert int(answer.headers["Retry-After"]) > 0
        reset = Browser(studio).call("POST", "/api/auth/password/reset", {"email": "d@example.org"})
        assert reset.status == 429
        studio.address = "2001:db8:1::1"
        assert register(studio, "c@example.org").status == 202

    def test_invitations_do_not_use_up_the_mails_about_an_account(self, studio, monkeypatch):
        self.limit(monkeypatch, mails=1)
        channel_id, _ = studio.make_channel()
        invited = studio.post("/api/invitation", {"email": "a@example.org", "channel": channel_id})
        assert invited.status == 201
        assert [register(studio, "a@example.org").status for _ in range(2)] == [202, 429]

    def test_a_stranger_does_not_use_up_the_mails_to_an_address(self, studio):
        studio.address = "192.0.2.7"
        assert [register(studio).status for _ in range(6)] == [202] * 5 + [429]
        studio.address = "192.0.2.8"
        assert register(studio).status == 202

    def test_per_recipient_from_anywhere_for_registering_and_resetting(self, studio, monkeypatch):
        self.limit(monkeypatch, mails=2)
        assert register(studio).status == 202
        studio.address = "192.0.2.8"
        assert Browser(studio).call("POST", "/api/auth/password/reset", {"email": EMAIL}).status == 202
        studio.address = "192.0.2.9"
        assert register(studio).status == 429
        assert len(studio.cloud.mails()) == 2


class TestModes:
    def state(self, studio):
        return studio.get(REGISTER, None).json["registration"]

    def test_open_by_default(self, studio):
        assert studio.get(REGISTER, None).json == {"registration": "open", "min_password": 10}

    def test_closed(self, studio, browser, mailing):
        register(studio)
        mailing(REGISTRATION="closed")
        assert self.state(studio) == "closed"
        for email in (EMAIL, "chef@example.org"):
            answer = register(studio, email)
            assert (answer.status, answer.json["error"]) == (403, "Forbidden")
        assert "Ask an administrator" in answer.json["detail"]
        assert len(studio.cloud.mails()) == 1
        assert activate(browser, last_key(studio)).status == 403

    def test_closed_where_no_mail_can_be_sent(self, studio, mailing):
        mailing(MAIL_FROM="")
        assert self.state(studio) == "closed"
        assert register(studio).status == 403

    def test_by_invitation(self, studio, browser, mailing):
        mailing(REGISTRATION="invitation")
        assert self.state(studio) == "invitation"
        assert register(studio).status == 202
        assert studio.cloud.mails()[-1].subject == "Registration is by invitation"
        assert "/activate/" not in studio.cloud.mails()[-1].body
        invitation = invite(studio)
        register(studio)
        assert activate(browser, last_key(studio)).status == 201
        assert [one["id"] for one in browser.call("GET", "/api/invitation").json] == [invitation]

    def test_by_invitation_that_is_revoked_before_the_link_is_followed(self, studio, browser, mailing):
        mailing(REGISTRATION="invitation")
        invitation = invite(studio)
        register(studio)
        assert studio.call("PATCH", f"/api/invitation/{invitation}", {"revoked": True}).status == 200
        answer = activate(browser, last_key(studio))
        assert (answer.status, "withdrawn" in answer.json["detail"]) == (403, True)
        assert user_of() is None

    def test_by_invitation_that_is_decided(self, studio, mailing):
        mailing(REGISTRATION="invitation")
        invitation = invite(studio)
        assert studio.call("PATCH", f"/api/invitation/{invitation}", {"revoked": True}).status == 200
        register(studio)
        assert studio.cloud.mails()[-1].subject == "Registration is by invitation"

    def test_the_quota_is_a_setting(self, studio, browser, mailing):
        mailing(REGISTERED_QUOTA="1000")
        register(studio)
        activate(browser, last_key(studio))
        assert browser.call("GET", ME).json["disk_space"] == 1000
        user_id, _ = accounts.create_user("operators@example.org")
        assert existing(users.get(user_id)).disk_space == 50 * 1024**3

    def test_unknown_modes_are_refused(self, mailing):
        from chalicelib.config import SettingMissing

        mailing(REGISTRATION="sometimes")
        with pytest.raises(SettingMissing, match="REGISTRATION must be one of open, invitation, closed"):
            settings()
