"""Registering and confirming."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.config import settings
from chalicelib.domain.tokens import digest, new_link_key
from chalicelib.errors import Conflict, ValidationFailed
from chalicelib.identity import accounts
from chalicelib.identity.cookies import CSRF, SESSION
from chalicelib.models.account_links import AccountLink
from chalicelib.models.base import now
from chalicelib.models.sessions import MAX_AGE
from chalicelib.operations.accounts import attempts, registration
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing
from tests.support.http.client import Browser
from tests.support.worlds.accounts import (
    ACTIVATE,
    CHOOSE,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    REGISTER,
    RESET,
    activate,
    invite,
    last_key,
    register,
    user_of,
)

ME = "/api/user/me"
pytestmark = pytest.mark.usefixtures("mailing")


class TestRegistering:
    def test_sends_a_link_and_makes_no_user(self, studio):
        answer = register(studio, f" {EMAIL.title()} ", first_name="Ada", last_name="Lovelace")
        assert (answer.status, answer.json["email"]) == (202, EMAIL)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.cookies == []
        (mail,) = studio.cloud.mails()
        assert mail.destinations["ToAddresses"] == [EMAIL]
        assert f"{settings().public_url}/accounts/activate/{last_key(studio)}/" in mail.body
        assert last_key(studio) in mail.html
        assert "Ada" not in mail.body + mail.html  # a stranger may have chosen the name
        assert user_of() is None

    def test_stores_neither_key_nor_password(self, studio):
        register(studio)
        stored = str(studio.cloud.contents())
        assert digest(last_key(studio)) in stored
        assert last_key(studio) not in stored
        assert PASSWORD not in stored

    def test_expires_by_itself(self, studio):
        register(studio)
        (item,) = studio.cloud.items("account_links")
        assert 0 < int(item["expires"]["N"]) - now().timestamp() <= registration.LINK_SECONDS

    @pytest.mark.parametrize(
        "email", ["a", "a@b", "a@localhost", "a@b..org", "a b@c.org", '"a b"@c.org', "a@[127.0.0.1]", "a@c.org,b@c.org",
                  "A <a@c.org>", "\u00e9@c.org", "a@" + "b" * 250 + ".org", "a@c.org\r\nBcc: d@e.org"]
    )  # fmt: skip
    def test_requires_a_deliverable_address(self, studio, email):
        answer = register(studio, email)
        assert answer.status == 400
        assert list(answer.json) == ["email"]
        assert studio.cloud.mails() == []

    @pytest.mark.parametrize(
        ("domain", "mailed"),
        [
            ("b\u00fccher.example.org", "xn--bcher-kva.example.org"),
            ("stra\u00dfe.example.org", "xn--strae-oqa.example.org"),  # not strasse, whose owner may be another
        ],
    )
    def test_accepts_a_domain_of_other_letters(self, studio, domain, mailed):
        assert register(studio, f"someone@{domain}").status == 202
        assert studio.cloud.mails()[0].destinations["ToAddresses"] == [f"someone@{mailed}"]
        assert activate(Browser(studio), last_key(studio)).json["email"] == f"someone@{domain}"

    @pytest.mark.parametrize(("password", "advice"), [("short", "at least 10"), ("password123", "too easy")])
    def test_requires_a_good_password(self, studio, password, advice):
        answer = register(studio, password=password)
        assert (answer.status, list(answer.json)) == (400, ["password"])
        assert advice in answer.json["password"][0]
        assert studio.cloud.items("account_links") == studio.cloud.mails() == []

    @pytest.mark.parametrize("name", ["a\nb", "a\u202eb", "a" * 101])
    def test_refuses_names_that_hide_something(self, studio, name):
        assert list(register(studio, first_name=name).json) == ["first_name"]

    def test_from_another_site_is_refused(self, studio):
        sent = {
            REGISTER: {"email": EMAIL, "password": PASSWORD},
            ACTIVATE: {"key": "a", "password": PASSWORD},
            RESET: {"email": EMAIL},
            CHOOSE: {"key": "a", "new_password": PASSWORD},
        }
        for path, body in sent.items():
            for origin in ("https://evil.example.org", "null"):
                assert Browser(studio).call("POST", path, body, origin=origin).status == 403
        assert studio.cloud.mails() == []

    def test_that_cannot_be_mailed_says_so(self, studio, mailing):
        mailing(MAIL_FROM="unverified@example.net")
        studio.cloud.unverify_senders()
        answer = register(studio)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")


class TestConfirming:
    def test_makes_the_user_and_signs_in(self, studio, browser):
        register(studio, first_name="Ada", last_name="Lovelace", next="/channels/?a=b")
        answer = activate(browser, last_key(studio))
        assert answer.status == 201
        assert answer.json["next"] == "/channels/?a=b"
        assert answer.json["full_name"] == "Ada Lovelace"
        assert answer.json["csrf_token"] == browser.cookies[CSRF]
        profile = browser.call("GET", ME).json
        assert (profile["email"], profile["disk_space"], profile["available_space"]) == (
            EMAIL,
            500 * 1024**2,
            500 * 1024**2,
        )
        assert profile["is_active"]
        assert not profile["is_admin"]
        body = {"username": EMAIL, "password": PASSWORD}
        assert Browser(studio).call("POST", "/api/auth/session", body).status == 201

    def test_sets_the_cookies_of_signing_in(self, studio, browser):
        browser.cookies[SESSION] = planted = "a" * 64
        register(studio)
        cookies = activate(browser, last_key(studio)).cookies
        kept = f"Path=/; Max-Age={MAX_AGE}; SameSite=Lax; HttpOnly"
        assert cookies[0] == f"{SESSION}={browser.cookies[SESSION]}; {kept}"
        assert browser.cookies[SESSION] != planted
        assert all("SameSite=Lax" in cookie for cookie in cookies)

    def test_works_once(self, studio, browser):
        register(studio)
        key = last_key(studio)
        assert activate(browser, key).status == 201
        again = activate(Browser(studio), key)
        assert (again.status, again.cookies) == (400, [])
        assert "used already" in again.json["key"][0]

    def test_works_for_a_day(self, studio, browser):
        register(studio)
        key = last_key(studio)
        link = AccountLink.get(digest(key))
        link.update([AccountLink.expires.set(int((now() - timedelta(seconds=1)).timestamp()))])
        assert activate(browser, key).status == 400
        assert user_of() is None

    @pytest.mark.parametrize("key", ["x", "a" * 40, "A" * 40, "a" * 41, "../" * 10])
    def test_requires_a_key_that_was_sent(self, browser, key):
        assert activate(browser, key).status == 400

    def test_of_a_link_for_a_password_is_refused(self, studio, browser):
        browser.call("POST", "/api/auth/password/reset", {"email": "chef@example.org"})
        assert activate(browser, last_key(studio)).status == 400

    def test_requires_the_password_that_was_chosen(self, studio, browser):
        """A stranger registers somebody's address. The owner opens the link, and cannot confirm it unknowingly."""
        register(studio, password=OTHER_PASSWORD)
        key = last_key(studio)
        answer = activate(browser, key)
        assert (answer.status, list(answer.json), answer.cookies) == (400, ["password"], [])
        assert user_of() is None
        register(studio)
        assert activate(browser, last_key(studio)).status == 201
        assert activate(Browser(studio), key, OTHER_PASSWORD).status == 409
        body = {"username": EMAIL, "password": OTHER_PASSWORD}
        assert Browser(studio).call("POST", "/api/auth/session", body).status == 401

    def test_limits_wrong_passwords(self, studio, browser, monkeypatch):
        monkeypatch.setattr(attempts, "MAX_PER_DEVICE", 2)
        register(studio)
        key = last_key(studio)
        assert [activate(browser, key, OTHER_PASSWORD).status for _ in range(3)] == [400, 400, 429]
        assert activate(browser, key).status == 429

    def test_a_waiting_registration_does_not_take_the_address(self, studio, browser):
        register(studio, password=OTHER_PASSWORD)
        accounts.create_user(EMAIL)
        assert activate(browser, last_key(studio), OTHER_PASSWORD).status == 409
        assert existing(user_of()).password is None

    def test_at_the_same_time_makes_one_user(self, studio, aws):
        register(studio)
        key = last_key(studio)
        register(studio)
        other = last_key(studio)

        def confirm(key):
            try:
                return registration.confirm(key, PASSWORD).signed_in.user.email
            except (Conflict, ValidationFailed) as error:
                return type(error)

        with ThreadPoolExecutor(3) as threads:
            found = list(threads.map(confirm, (key, key, other)))
        assert found.count(EMAIL) == 1
        assert [item["email"]["S"] for item in aws.items("users")].count(EMAIL) == 1

    def test_if_it_is_interrupted_either_nothing_or_everything_is_done(self, studio):
        register(studio)
        key = last_key(studio)
        for number in range(20):
            watch = Watch(failing=number)
            with watching(watch):
                answer = activate(Browser(studio), key)
            if not watch.hit:
                break
            assert answer.status >= 400
            if user_of():
                body = {"username": EMAIL, "password": PASSWORD}
                assert Browser(studio).call("POST", "/api/auth/session", body).status == 201
                assert activate(Browser(studio), key).status == 400
                return
        raise AssertionError("the user was never made")

    def test_finds_invitations(self, studio, browser):
        invitation = invite(studio)
        register(studio)
        activate(browser, last_key(studio))
        (found,) = browser.call("GET", "/api/invitation").json
        assert found["id"] == invitation
        assert browser.call("POST", f"/api/invitation/{invitation}/accept").status == 200

    def test_continues_on_this_host_only(self, studio, browser):
        register(studio, next="//evil.example")
        assert activate(browser, last_key(studio)).json["next"] == "/"


def test_keys_are_not_guessable_and_not_repeated():
    keys = {new_link_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {40}
