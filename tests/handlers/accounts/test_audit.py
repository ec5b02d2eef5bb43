"""Security events: each writes one line with user, address and request id, and no line holds a secret."""

import io
import json

import pytest

from chalicelib import telemetry
from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts, revocation
from chalicelib.models import tokens
from chalicelib.operations.accounts import attempts
from tests.support.http import cdn
from tests.support.http.client import Browser
from tests.support.http.pages import Visitor
from tests.support.worlds import publishing
from tests.support.worlds.accounts import activate, last_key, register

SIGN_IN = "/api/auth/session"
CHANGE = "/api/user/me/password"
EMAIL, PASSWORD, NEW, WRONG = "someone@example.org", "correct horse", "battery staple", "mistyped-secret"
ADDRESS = "203.0.113.9"


class Log:
    """The lines that were written."""

    def __init__(self, text):
        self._text = text

    @property
    def text(self):
        return self._text.getvalue()

    def lines(self):
        """All lines since the last call."""
        found = [json.loads(line) for line in self.text.splitlines()]
        self._text.truncate(0)
        self._text.seek(0)
        return found

    def events(self):
        """The audited events since the last call."""
        return [line for line in self.lines() if "audit" in line]


@pytest.fixture
def log(monkeypatch):
    text = io.StringIO()
    for handler in telemetry.log.handlers:
        if hasattr(handler, "stream"):  # some handlers of pytest have none
            monkeypatch.setattr(handler, "stream", text)
    before = telemetry.log.log_level
    telemetry.log.setLevel("INFO")
    yield Log(text)
    telemetry.log.setLevel(before)


@pytest.fixture(autouse=True)
def _by_cdn(studio, monkeypatch):
    cdn.require_origin_secret(monkeypatch, "k")
    studio.origin_secret, studio.address = "k", ADDRESS


@pytest.fixture
def user_id(studio):
    return accounts.create_user(EMAIL, PASSWORD)[0]


def sign_in(browser, password=PASSWORD, email=EMAIL):
    return browser.call("POST", SIGN_IN, {"username": email, "password": password})


def only(log, event, subject, user=""):
    """The only event, which a request from ADDRESS has written."""
    (line,) = log.events()
    assert (line["audit"], line["message"], line["subject"]) == (event, event, subject)
    assert (line["user"], line["address"], bool(line["request_id"])) == (user, ADDRESS, True)
    return line


class TestSigningIn:
    def test_is_audited_once(self, studio, user_id, log):
        log.lines()
        assert sign_in(Browser(studio)).status == 201
        only(log, "signed_in", user_id, user_id)

    def test_that_fails_is_audited_once(self, studio, user_id, log):
        log.lines()
        assert sign_in(Browser(studio), WRONG).status == 401
        only(log, "sign_in_failed", user_id)

    def test_that_fails_does_not_log_what_was_typed_as_the_address(self, studio, log):
        assert sign_in(Browser(studio), "x", WRONG).status == 401
        assert WRONG not in log.text
        only(log, "sign_in_failed", "")

    def test_that_is_slowed_down_is_audited_once(self, studio, user_id, log, monkeypatch):
        monkeypatch.setattr(attempts, "MAX_PER_ACCOUNT", 0)
        log.lines()
        assert sign_in(Browser(studio)).status == 429
        only(log, "sign_in_throttled", user_id)


class TestPasswords:
    def test_that_change_are_audited_once(self, studio, user_id, log):
        browser = studio.sign_in(user_id)
        log.lines()
        assert browser.call("POST", CHANGE, {"old_password": PASSWORD, "new_password": NEW}).status == 200
        only(log, "password_changed", user_id, user_id)

    def test_that_are_wrong_are_audited_once(self, studio, user_id, log):
        browser = studio.sign_in(user_id)
        log.lines()
        assert browser.call("POST", CHANGE, {"old_password": WRONG, "new_password": NEW}).status == 400
        only(log, "password_change_failed", user_id, user_id)

    def test_that_are_tried_too_often_are_audited_once(self, studio, user_id, log, monkeypatch):
        monkeypatch.setattr(attempts, "MAX_PER_DEVICE", 0)
        browser = studio.sign_in(user_id)
        log.lines()
        assert browser.call("POST", CHANGE, {"old_password": PASSWORD, "new_password": NEW}).status == 429
        only(log, "password_change_throttled", user_id, user_id)

    def test_that_change_with_tokens_are_two_events(self, studio, log):
        user_id, token = accounts.create_user(EMAIL, PASSWORD)
        browser = studio.sign_in(user_id)
        log.lines()
        sent = {"old_password": PASSWORD, "new_password": NEW}
        assert browser.call("POST", CHANGE, {**sent, "revoke_tokens": True}).status == 200
        changed, revoked = log.events()
        assert (changed["audit"], revoked["audit"]) == ("password_changed", "tokens_revoked")
        assert revoked["tokens"] == [tokens.id_of(digest(token))]


class TestAdministrators:
    @pytest.mark.parametrize(
        ("field", "events"),
        [("is_active", ("user_deactivated", "user_activated")), ("is_admin", ("admin_granted", "admin_revoked"))],
    )
    def test_change_users(self, studio, user_id, log, field, events):
        admin_id, admin = studio.sign_up("admin", is_admin=True)
        values = [False, True] if field == "is_active" else [True, False]
        for event, value in zip(events, values, strict=True):
            log.lines()
            for _ in range(2):  # the second one changes nothing
                assert studio.call("PATCH", f"/api/admin-users/{user_id}", {field: value}, admin).status == 200
            only(log, event, user_id, admin_id)

    def test_change_what_is_public(self, studio, log):
        channel_id = publishing.publish(studio, "e")
        admin_id, admin = studio.sign_up("admin", is_admin=True)
        for event, value in (("channel_public", True), ("channel_private", False)):
            log.lines()
            for _ in range(2):
                answer = studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"public": value}, admin)
                assert answer.status == 200, answer.text
            only(log, event, channel_id, admin_id)

    def test_delete_and_restore_channels(self, studio, log):
        channel_id = studio.make_channel()[0]
        admin_id, admin = studio.sign_up("admin", is_admin=True)
        for event, value in (("channel_deleted", True), ("channel_restored", False)):
            log.lines()
            for _ in range(2):
                answer = studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"deleted": value}, admin)
                assert answer.status == 200, answer.text
            only(log, event, channel_id, admin_id)


def test_editors_delete_and_restore_channels(studio, log):
    channel_id = studio.make_channel()[0]
    log.lines()
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    assert only(log, "channel_deleted", channel_id, studio.user_id)["by"] == studio.user_id
    assert studio.post(f"/api/channel/{channel_id}/restore").status == 200
    only(log, "channel_restored", channel_id, studio.user_id)


def test_operators_are_audited(studio, log):
    token = accounts.create_user(EMAIL)[1]
    user = accounts.user_with(EMAIL)
    revocation.revoke(token)
    revocation.revoke("all", EMAIL)  # nothing is left
    for is_active in (False, False, True, True):
        revocation.set_active(EMAIL, is_active)
    password = accounts.give_one_time_password(EMAIL)
    text = log.text
    assert [line["audit"] for line in log.events()] == [
        "user_created",
        "token_created",
        "tokens_revoked",
        "user_deactivated",
        "user_activated",
        "admin_granted",
        "password_changed",
    ]
    assert not [secret for secret in (token, digest(token), password) if secret in text]
    assert text.count(user.id) == 7


class TestRequests:
    def test_write_one_line_with_address_and_user(self, studio, log):
        log.lines()
        for method, path, status, user in (
            ("GET", "/api/user/me", 200, studio.user_id),
            ("GET", "/api/channel/bad", 404, studio.user_id),
            ("DELETE", "/api/user/me", 405, ""),
        ):
            assert studio.call(method, path).status == status
            (line,) = log.lines()
            assert {name: line[name] for name in ("message", "address", "user", "method", "path", "status")} == {
                "message": "request",
                "address": ADDRESS,
                "user": user,
                "method": method,
                "path": path,
                "status": status,
            }
            assert line["request_id"]
            assert line["ms"] >= 0

    def test_do_not_show_the_keys_of_links(self, studio, log, mailing):
        """Neither in the path of a page nor in the body of a request, whether they work or not."""
        register(studio)
        key = last_key(studio)
        for path in (f"/accounts/activate/{key}", f"/accounts/password/reset/{key}"):
            Visitor(studio).open(path)
            Visitor(studio).post(path, password="wrong")
        activate(Browser(studio), key)
        text = log.text
        assert '"path":"/accounts/activate/***"' in text
        assert '"path":"/accounts/password/reset/***"' in text
        assert not [secret for secret in (key, digest(key)) if secret in text]

    def test_of_nobody_have_no_user_not_even_that_of_the_request_before(self, studio, log):
        studio.get("/api/user/me")
        log.lines()
        assert studio.get("/api/user/me", "0" * 40).status == 401
        (line,) = log.lines()
        assert (line["user"], line["status"]) == ("", 401)


def test_no_line_holds_a_secret(studio, user_id, log, monkeypatch):
    monkeypatch.setattr(attempts, "MAX_PER_ACCOUNT", 2)
    token = accounts.issue_token(accounts.user_with(EMAIL))
    browser = Browser(studio)
    sign_in(browser)
    secrets = [PASSWORD, NEW, WRONG, token, digest(token), *browser.cookies.values()]
    secrets += [digest(value) for value in browser.cookies.values()]
    for _ in range(4):
        sign_in(Browser(studio), WRONG)
    browser.call("POST", CHANGE, {"old_password": WRONG, "new_password": NEW})
    browser.call("POST", CHANGE, {"old_password": PASSWORD, "new_password": NEW})
    studio.get("/api/user/me", token)
    revocation.revoke(token)
    studio.get("/api/user/me", token)
    browser.call("DELETE", f"{SIGN_IN}/current")
    browser.call("GET", "/api/user/me")
    text = log.text
    events = {line["audit"] for line in log.events()}
    assert {"signed_in", "sign_in_failed", "sign_in_throttled", "password_changed", "tokens_revoked"} <= events
    assert not [secret for secret in secrets if secret in text]
