"""Passwords, sessions and tokens never appear in logs or errors, even after failures."""

import io

import pytest

from chalicelib import telemetry
from chalicelib.identity import accounts
from chalicelib.models import sessions, users
from tests.support.aws.calls import Watch, watching
from tests.support.http.client import Browser

EMAIL = "someone@example.org"
PASSWORD = "correct horse"


@pytest.fixture
def logged(monkeypatch):
    """Return the log as text."""
    text = io.StringIO()
    for handler in telemetry.log.handlers:
        if hasattr(handler, "stream"):  # some handlers of pytest have none
            monkeypatch.setattr(handler, "stream", text)
    before = telemetry.log.log_level
    telemetry.log.setLevel("DEBUG")
    yield text
    telemetry.log.setLevel(before)


def fail(*_):
    raise RuntimeError("not today")


def assert_silent(logged, answer, *secrets):
    assert answer.status == (500 if "not today" in logged.getvalue() else 503)
    assert not [secret for secret in secrets if secret in logged.getvalue() + answer.text]


def test_a_password_is_not_logged_if_signing_in_fails(studio, logged, monkeypatch):
    accounts.create_user(EMAIL, PASSWORD)
    monkeypatch.setattr(users, "add_session", fail)
    answer = Browser(studio).call("POST", "/api/auth/session", {"username": EMAIL, "password": PASSWORD})
    assert_silent(logged, answer, PASSWORD)


def test_a_session_is_not_logged_if_it_cannot_be_read(studio, logged, monkeypatch):
    browser = studio.sign_in()
    monkeypatch.setattr(sessions, "find", fail)
    assert_silent(logged, browser.call("GET", "/api/user/me"), *browser.cookies.values())


def test_a_session_is_not_logged_if_the_database_is_unavailable(studio, logged):
    browser = studio.sign_in()
    with watching(Watch(failing=0)) as watch:
        answer = browser.call("GET", "/api/user/me")
    assert watch.hit == "GetItem"
    assert "request failed" in logged.getvalue()
    assert_silent(logged, answer, *browser.cookies.values())
