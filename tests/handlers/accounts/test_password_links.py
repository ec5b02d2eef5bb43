"""Choosing a password by a link in a mail."""

from datetime import timedelta

import pytest

from chalicelib.aws import mail
from chalicelib.domain.tokens import digest
from chalicelib.errors import Busy, NotFound
from chalicelib.identity import accounts, daily_limits
from chalicelib.models import user_passwords, users
from chalicelib.models.account_links import AccountLink
from chalicelib.models.base import now
from chalicelib.operations.accounts import passwords
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing
from tests.support.http.client import Browser
from tests.support.worlds.accounts import CHOOSE, EMAIL, OTHER_PASSWORD, PASSWORD, RESET, last_key, register

ME, SIGN_IN = "/api/user/me", "/api/auth/session"
pytestmark = pytest.mark.usefixtures("mailing")


@pytest.fixture
def user_id(studio):
    return accounts.create_user(EMAIL, PASSWORD)[0]


def ask(studio, email=EMAIL):
    answer = Browser(studio).call("POST", RESET, {"email": email})
    assert answer.status == 202
    return answer


def choose(studio, key, password=OTHER_PASSWORD, **more):
    return Browser(studio).call("POST", CHOOSE, {"key": key, "new_password": password, **more})


def sign_in(studio, password):
    return Browser(studio).call("POST", SIGN_IN, {"username": EMAIL, "password": password}).status


def subjects(studio):
    return [mail.subject for mail in studio.cloud.mails()]


class TestRequest:
    def test_sends_a_link_and_changes_nothing(self, studio, user_id):
        before = existing(users.get(user_id)).serialize()
        answer = ask(studio, f" {EMAIL.upper()}")
        assert (answer.json["email"], answer.cookies) == (EMAIL, [])
        (mail,) = studio.cloud.mails()
        assert mail.destinations["ToAddresses"] == [EMAIL]
        assert f"/accounts/password/reset/{last_key(studio)}/" in mail.body
        assert last_key(studio) not in str(studio.cloud.contents())
        assert existing(users.get(user_id)).serialize() == before

    def test_for_an_address_without_an_account_says_so_in_the_mail(self, studio, mailing):
        ask(studio)
        assert studio.cloud.mails()[-1].subject == "There is no account with this address"
        assert "/accounts/register/" in studio.cloud.mails()[-1].body
        mailing(REGISTRATION="closed")
        ask(studio)
        assert "/accounts/register/" not in studio.cloud.mails()[-1].body
        for item in studio.cloud.items("account_links"):
            assert "user_id" not in item

    def test_for_a_deactivated_account_says_so_in_the_mail(self, studio, user_id):
        users.change_profile(existing(users.get(user_id)), [], {"is_active": False})
        ask(studio)
        assert "deactivated" in studio.cloud.mails()[-1].body
        assert "/reset/" not in studio.cloud.mails()[-1].body

    def test_requires_an_address(self, browser):
        assert browser.call("POST", RESET, {"email": "someone"}).json == {"email": ["Enter a valid e-mail address."]}

    def test_where_no_mail_can_be_sent_is_refused(self, browser, mailing):
        mailing(MAIL_FROM="")
        answer = browser.call("POST", RESET, {"email": EMAIL})
        assert answer.status == 403
        assert "Ask an administrator for a link" in answer.json["detail"]


class TestChoosing:
    def test_sets_the_password_and_ends_sessions(self, studio, user_id):
        session = studio.sign_in(user_id)
        ask(studio)
        answer = choose(studio, last_key(studio))
        assert (answer.status, answer.text, answer.cookies) == (204, "", [])
        assert (sign_in(studio, PASSWORD), sign_in(studio, OTHER_PASSWORD)) == (401, 201)
        assert session.call("GET", ME).status == 401

    def test_keeps_tokens_unless_they_shall_be_revoked(self, studio):
        _, token = accounts.create_user(EMAIL, PASSWORD)
        ask(studio)
        choose(studio, last_key(studio))
        assert studio.get(ME, token).status == 200
        ask(studio)
        assert choose(studio, last_key(studio), revoke_tokens=True).status == 204
        assert studio.get(ME, token).status == 401

    def test_works_once(self, studio, user_id):
        ask(studio)
        key = last_key(studio)
        assert choose(studio, key).status == 204
        again = choose(studio, key, PASSWORD)
        assert again.status == 400
        assert "Request another link" in again.json["key"][0]
        assert sign_in(studio, OTHER_PASSWORD) == 201

    def test_works_for_a_day(self, studio, user_id):
        ask(studio)
        key = last_key(studio)
        link = AccountLink.get(digest(key))
        assert link.expires - now().timestamp() <= 24 * 3600
        link.update([AccountLink.expires.set(int((now() - timedelta(seconds=1)).timestamp()))])
        assert choose(studio, key).status == 400

    def test_ends_with_another_change_of_the_password(self, studio, user_id):
        ask(studio)
        older = last_key(studio)
        ask(studio)
        assert choose(studio, last_key(studio)).status == 204
        assert choose(studio, older, PASSWORD).status == 400

    def test_of_a_user_who_was_deactivated_meanwhile_is_refused(self, studio, user_id):
        ask(studio)
        users.change_profile(existing(users.get(user_id)), [], {"is_active": False})
        assert choose(studio, last_key(studio)).status == 400

    def test_requires_a_good_password_and_keeps_the_link(self, studio, user_id):
        ask(studio)
        answer = choose(studio, last_key(studio), "password123")
        assert (answer.status, list(answer.json)) == (400, ["new_password"])
        assert choose(studio, last_key(studio)).status == 204

    @pytest.mark.parametrize("key", ["x", "a" * 40, "A" * 40, "../" * 10])
    def test_requires_a_key_that_was_sent(self, studio, user_id, key):
        ask(studio)
        assert choose(studio, key).status == 400

    def test_of_a_link_to_register_is_refused(self, studio):
        register(studio)
        assert choose(studio, last_key(studio)).status == 400

    def test_of_an_address_without_an_account_is_refused_also_when_it_gets_one(self, studio, monkeypatch):
        keys = iter("ab")
        monkeypatch.setattr(passwords, "new_link_key", lambda: next(keys) * 40)
        ask(studio)
        accounts.create_user(EMAIL, PASSWORD)
        assert choose(studio, "a" * 40).status == 400

    def test_by_two_at_the_same_time_is_done_by_one(self, studio, user_id, monkeypatch):
        ask(studio)
        key = last_key(studio)
        original = user_passwords.change
        inner = []

        def race(*arguments, **options):
            monkeypatch.setattr(user_passwords, "change", original)
            inner.append(choose(studio, key, PASSWORD + " staple").status)
            return original(*arguments, **options)

        monkeypatch.setattr(user_passwords, "change", race)
        assert (choose(studio, key).status, inner) == (400, [204])

    def test_after_a_one_time_password_counts_as_changing_it(self, studio):
        accounts.give_one_time_password(EMAIL)
        ask(studio)
        choose(studio, last_key(studio))
        browser = Browser(studio)
        browser.call("POST", SIGN_IN, {"username": EMAIL, "password": OTHER_PASSWORD})
        assert browser.call("GET", ME).status == 200

    def test_if_it_is_interrupted_either_nothing_or_everything_is_done(self, studio, user_id):
        ask(studio)
        key, done = last_key(studio), []
        for number in range(20):
            for answer_lost in (False, True):
                watch = Watch(failing=number, answer_lost=answer_lost)
                with watching(watch):
                    choose(studio, key)
                is_new = sign_in(studio, OTHER_PASSWORD) == 201
                assert is_new != (sign_in(studio, PASSWORD) == 201)
                done.append(is_new)
                if is_new:
                    assert choose(studio, key).status == 400
                    return
        raise AssertionError("the password was never changed")


class TestOperators:
    def test_get_a_link_that_is_mailed_and_lasts_a_week(self, studio):
        user_id, _ = accounts.create_user(EMAIL)
        link, is_mailed = passwords.link_of_operator(EMAIL)
        assert is_mailed
        assert link.endswith(f"/accounts/password/reset/{last_key(studio)}/")
        stored = AccountLink.get(digest(last_key(studio)))
        assert stored.expires - now().timestamp() > 6 * 24 * 3600
        assert choose(studio, last_key(studio)).status == 204
        assert sign_in(studio, OTHER_PASSWORD) == 201
        assert existing(users.get(user_id)).is_active

    def test_get_a_link_where_no_mail_can_be_sent(self, studio, mailing):
        mailing(MAIL_FROM="")
        accounts.create_user(EMAIL)
        link, is_mailed = passwords.link_of_operator(EMAIL)
        assert (is_mailed, studio.cloud.mails()) == (False, [])
        assert choose(studio, link.rstrip("/").rpartition("/")[2]).status == 204

    def test_get_none_for_an_unknown_user(self, studio):
        with pytest.raises(NotFound):
            passwords.link_of_operator(EMAIL)


class TestMailsToTheOwner:
    def test_follow_a_choice_by_a_link(self, studio, user_id):
        ask(studio)
        assert choose(studio, last_key(studio)).status == 204
        assert subjects(studio)[-1] == "Your password was changed"
        assert "API tokens still work" in studio.cloud.mails()[-1].body

    def test_follow_a_change(self, studio, user_id):
        browser = studio.sign_in(user_id)
        body = {"old_password": PASSWORD, "new_password": OTHER_PASSWORD, "revoke_tokens": True}
        assert browser.call("POST", "/api/user/me/password", body).status == 200
        assert subjects(studio) == ["Your password was changed"]
        assert "API tokens were revoked" in studio.cloud.mails()[-1].body

    def test_that_fail_leave_the_password_changed(self, studio, user_id, monkeypatch):
        ask(studio)

        def fail(*_):
            raise Busy("no mail")

        monkeypatch.setattr(mail, "send", fail)
        assert choose(studio, last_key(studio)).status == 204
        assert sign_in(studio, OTHER_PASSWORD) == 201

    def test_do_not_follow_a_refusal(self, studio, user_id):
        body = {"old_password": "wrong", "new_password": OTHER_PASSWORD}
        assert studio.sign_in(user_id).call("POST", "/api/user/me/password", body).status == 400
        assert subjects(studio) == []


class TestKnownDevices:
    @pytest.fixture(autouse=True)
    def _long_days(self, studio, monkeypatch):
        monkeypatch.setattr(daily_limits, "DAY", 10**9)
        monkeypatch.setattr(daily_limits, "allowed", lambda limit: {"mails": 1}.get(limit.name, limit.default))

    def test_get_a_link_although_others_have_used_up_the_mails(self, studio, user_id):
        known = Browser(studio)
        assert known.call("POST", SIGN_IN, {"username": EMAIL, "password": PASSWORD}).status == 201
        ask(studio)
        assert Browser(studio).call("POST", RESET, {"email": EMAIL}).status == 429
        assert [known.call("POST", RESET, {"email": EMAIL}).status for _ in range(6)] == [202] * 5 + [429]

    def test_of_one_account_get_none_for_another(self, studio, user_id):
        accounts.create_user("other@example.org", PASSWORD)
        known = Browser(studio)
        assert known.call("POST", SIGN_IN, {"username": "other@example.org", "password": PASSWORD}).status == 201
        ask(studio)
        assert known.call("POST", RESET, {"email": EMAIL}).status == 429
