"""One-time passwords: valid for a week, and only for choosing another password."""

import re

import pytest

from chalicelib.errors import NO_PERMISSION, Conflict, ValidationFailed
from chalicelib.identity import accounts
from chalicelib.identity.authentication import CHANGE_FIRST
from chalicelib.identity.cookies import SESSION
from chalicelib.models import users
from chalicelib.models.base import now
from chalicelib.models.sessions import Session
from chalicelib.models.users import User
from chalicelib.operations.accounts import sessions
from tests.support.existing import existing
from tests.support.http.client import Browser

URL = "/api/auth/session"
CHANGE = "/api/user/me/password"
ME = "/api/user/me"
EMAIL = "admin@example.org"
OWN = "battery staple"


@pytest.fixture
def once(studio):
    return accounts.give_one_time_password(EMAIL)


@pytest.fixture
def browser(studio, once):
    """A browser signed in with a one-time password."""
    signed_in = Browser(studio)
    assert sign_in(signed_in, once).status == 201
    return signed_in


def sign_in(browser, password):
    return browser.call("POST", URL, {"username": EMAIL, "password": password})


def change(browser, old, new=OWN):
    return browser.call("POST", CHANGE, {"old_password": old, "new_password": new})


class TestCreate:
    def test_creates_an_administrator(self, once):
        user = existing(accounts.find(EMAIL))
        assert (user.is_admin, user.is_active) == (True, True)
        assert 0 <= now().timestamp() + accounts.ONE_TIME_SECONDS - user.password_once < 5
        assert users.has_administrator()

    def test_returns_a_new_one_each_time_and_ends_all_sessions(self, studio, once, browser):
        again = accounts.give_one_time_password(EMAIL.upper())
        assert again != once
        assert browser.call("GET", URL + "/current").json["user_id"] is None
        assert [sign_in(Browser(studio), word).status for word in (once, again)] == [401, 201]

    def test_makes_an_existing_user_an_administrator(self, studio):
        user_id, token = accounts.create_user(EMAIL, OWN)
        users.change_profile(existing(users.get(user_id)), [], {"is_active": False})
        assert not users.has_administrator()
        password = accounts.give_one_time_password(EMAIL)
        assert sign_in(Browser(studio), password).json["is_admin"]
        assert studio.get(ME, token).status == 401
        assert not existing(users.get(user_id)).token_keys

    def test_keeps_an_administrators_tokens(self, studio):
        user_id, token = accounts.create_user(EMAIL, OWN, is_admin=True)
        accounts.give_one_time_password(EMAIL)
        assert studio.get(ME, token).json["is_admin"]
        assert len(existing(users.get(user_id)).token_keys) == 1

    def test_returns_a_typable_and_unguessable_password(self, once):
        assert re.fullmatch(r"([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}", once)

    def test_stores_only_a_hash(self, studio, once):
        assert once not in str(studio.cloud.contents())

    def test_needs_an_address(self, studio):
        with pytest.raises(ValidationFailed):
            accounts.give_one_time_password("admin")

    def test_raises_a_conflict_after_a_lost_race(self, studio, monkeypatch):
        user_id, _ = accounts.create_user(EMAIL)
        hash_password = accounts.hash_password

        def meanwhile(password):
            accounts.issue_token(existing(users.get(user_id)))
            return hash_password(password)

        monkeypatch.setattr(accounts, "hash_password", meanwhile)
        with pytest.raises(Conflict):
            accounts.give_one_time_password(EMAIL)
        assert existing(users.get(user_id)).password is None


class TestSession:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", ME),
            ("GET", "/api/channel?edit=true"),
            ("POST", "/api/channel"),
            ("GET", "/api/admin-users"),
            ("POST", "/api/internal/authenticate_user_internal"),
            ("POST", "/api/sync"),
        ],
    )
    def test_may_do_nothing_else(self, studio, browser, method, path):
        answer = browser.call(method, path, {"name": "c"} if method == "POST" else None)
        assert (answer.status, answer.json) == (
            403,
            {"error": "Forbidden", "detail": f"{NO_PERMISSION} {CHANGE_FIRST}"},
        )
        assert studio.cloud.items("channels") == []

    def test_can_read_the_current_user_and_sign_out(self, browser):
        assert browser.call("GET", f"{URL}/current").json["email"] == EMAIL
        assert browser.call("DELETE", f"{URL}/current").status == 204
        assert SESSION not in browser.cookies

    def test_has_full_access_after_the_password_is_changed(self, studio, browser, once):
        assert change(browser, once).status == 200
        assert browser.call("GET", "/api/admin-users").status == 200
        assert existing(accounts.find(EMAIL)).password_once is None
        other = Browser(studio)
        assert [sign_in(other, once).status, sign_in(other, OWN).status] == [401, 201]
        assert other.call("GET", ME).status == 200

    def test_cannot_reuse_the_password(self, browser, once):
        answer = change(browser, once, once)
        assert (answer.status, set(answer.json)) == (400, {"new_password"})
        assert browser.call("GET", ME).status == 403

    def test_needs_the_csrf_token_to_change_it(self, browser, once):
        sent = {"old_password": once, "new_password": OWN}
        assert browser.call("POST", CHANGE, sent, csrf=False).status == 403
        assert browser.call("GET", ME).status == 403

    def test_in_another_browser_ends_with_the_change(self, studio, browser, once):
        other = Browser(studio)
        sign_in(other, once)
        change(browser, once)
        assert other.call("GET", ME).status == 401

    def test_is_restricted_if_the_password_was_created_concurrently(self, studio, monkeypatch):
        """The password used to sign in is no longer valid."""
        user_id, _ = accounts.create_user(EMAIL, OWN, is_admin=True)
        may_sign_in = users.may_sign_in

        def meanwhile(user):
            accounts.give_one_time_password(EMAIL)
            return may_sign_in(user)

        monkeypatch.setattr(users, "may_sign_in", meanwhile)
        assert sign_in(Browser(studio), OWN).status == 503
        assert studio.cloud.items("sessions") == []
        assert existing(users.get(user_id)).password_once


def test_an_administrators_token_keeps_full_access(studio):
    _, token = accounts.create_user(EMAIL, OWN, is_admin=True)
    accounts.give_one_time_password(EMAIL)
    assert studio.get("/api/admin-users", token).status == 200


def test_it_expires_after_a_week(studio, once):
    user_id = accounts.user_with(EMAIL).id
    User(user_id).update([User.password_once.set(int(now().timestamp()) - 1)])
    answer = sign_in(Browser(studio), once)
    assert (answer.status, answer.json["detail"]) == (401, sessions.WRONG)
    assert accounts.ONE_TIME_SECONDS == 7 * 24 * 3600


def test_it_cannot_be_changed_after_a_week_either(studio, browser, once):
    user_id = accounts.user_with(EMAIL).id
    User(user_id).update([User.password_once.set(int(now().timestamp()) - 1)])
    stored = existing(users.get(user_id)).password
    answer = change(browser, once)
    assert (answer.status, "expired" in answer.json["old_password"][0]) == (400, True)
    assert existing(users.get(user_id)).password == stored
    assert not users.has_administrator()


def test_a_chosen_password_does_not_expire(studio, once):
    accounts.set_password(EMAIL, OWN)
    browser = Browser(studio)
    assert sign_in(browser, OWN).status == 201
    assert browser.call("GET", ME).status == 200
    assert not any(session.password_once for session in Session.query(session_key(browser)))


def session_key(browser):
    from chalicelib.domain.tokens import digest

    return digest(browser.cookies[SESSION])
