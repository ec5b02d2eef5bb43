"""The caller's sessions: listed without their secrets, and ended."""

from datetime import UTC, datetime

import pytest

from chalicelib.identity import accounts
from chalicelib.identity.cookies import SESSION
from chalicelib.models import sessions, users
from chalicelib.models.sessions import Session
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import Browser

URL, ME = "/api/user/me/sessions", "/api/user/me"
PASSWORD = "correct horse"
FIELDS = {"id", "device", "created", "last_used", "current"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.fixture
def user_id(studio):
    return accounts.create_user("someone@example.org", PASSWORD)[0]


@pytest.fixture
def browsers(studio, user_id):
    return [studio.sign_in(user_id) for _ in range(3)]


def status(browser):
    return browser.call("GET", ME).status


def listed(browser):
    answer = browser.call("GET", URL)
    assert answer.status == 200
    return answer.json


def current_id(browser):
    return next(row["id"] for row in listed(browser) if row["current"])


def test_are_listed_newest_first_without_secrets(studio, browsers):
    rows = listed(browsers[0])
    assert [set(row) for row in rows] == [FIELDS] * 3
    assert [row["current"] for row in rows] == [False, False, True]
    assert {row["last_used"] for row in rows} == {datetime.now(UTC).date().isoformat()}
    text = browsers[0].call("GET", URL).text
    assert not [browser.cookies[SESSION] for browser in browsers if browser.cookies[SESSION] in text]
    assert not [item["key"]["S"] for item in studio.cloud.items("sessions") if item["key"]["S"] in text]


def test_have_the_device_of_the_sign_in(studio, user_id):
    browser = Browser(studio)
    sent = {"username": "someone@example.org", "password": PASSWORD}
    assert browser.call("POST", "/api/auth/session", sent, user_agent=FIREFOX).status == 201
    assert listed(browser)[0]["device"] == "Firefox on Windows"


@pytest.mark.parametrize("agent", ["", "<script>" * 100_000, "\udcff", "Firefox/" * 1000])
def test_survive_any_user_agent(studio, user_id, agent):
    browser = Browser(studio)
    sent = {"username": "someone@example.org", "password": PASSWORD}
    assert browser.call("POST", "/api/auth/session", sent, user_agent=agent).status == 201
    assert listed(browser)[0]["device"] in ("Unknown device", "Firefox")


def test_of_earlier_versions_are_listed_too(studio, browsers):
    key = studio.cloud.items("sessions")[0]["key"]["S"]
    Session(key).update([Session.device.remove(), Session.idle_ends.remove()])
    row = next(row for row in listed(browsers[0]) if row["id"] == sessions.id_of(key))
    assert (row["device"], row["last_used"]) == ("", None)


def test_that_have_ended_are_not_listed(studio, browsers):
    key = existing(users.get(studio.get(ME).json["id"])).session_places
    assert key is None
    ended = next(item["key"]["S"] for item in studio.cloud.items("sessions") if not is_current(browsers[0], item))
    Session(ended).update([Session.idle_ends.set(1)])
    assert len(listed(browsers[0])) == 2


def is_current(browser, item):
    return sessions.id_of(item["key"]["S"]) == current_id(browser)


def test_take_two_reads(studio, browsers):
    with counting(studio) as watch:
        listed(browsers[0])
    assert watch.names == ["GetItem", "GetItem", "BatchGetItem"]


def test_one_is_ended(browsers):
    assert browsers[0].call("DELETE", f"{URL}/{current_id(browsers[1])}").status == 204
    assert [status(browser) for browser in browsers] == [200, 401, 200]
    assert len(listed(browsers[0])) == 2


def test_the_current_one_may_be_ended(browsers):
    assert browsers[0].call("DELETE", f"{URL}/{current_id(browsers[0])}").status == 204
    assert [status(browser) for browser in browsers] == [401, 200, 200]


def test_one_is_ended_once(browsers):
    ended = current_id(browsers[1])
    assert [browsers[0].call("DELETE", f"{URL}/{ended}").status for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("session_id", ["0" * 32, "bad", "%00", "a" * 500])
def test_unknown_ones_are_not_found(browsers, session_id):
    assert browsers[0].call("DELETE", f"{URL}/{session_id}").status == 404


def test_those_of_others_are_not_found(studio, browsers):
    other = studio.sign_in()
    assert browsers[0].call("DELETE", f"{URL}/{current_id(other)}").status == 404
    assert status(other) == 200


def test_all_others_are_ended(studio, browsers, user_id):
    other = studio.sign_in()
    assert [browsers[1].call("DELETE", URL).status for _ in range(2)] == [204, 204]
    assert [status(browser) for browser in browsers] == [401, 200, 401]
    assert status(other) == 200
    assert [row["current"] for row in listed(browsers[1])] == [True]


def test_ending_meets_a_new_session(studio, browsers, user_id, monkeypatch):
    """One that starts meanwhile is ended, too."""
    original = users.end_sessions
    met: list[Browser] = []

    def meanwhile(user, keys):
        if not met:
            met.append(studio.sign_in(user_id))
        return original(user, keys)

    monkeypatch.setattr(users, "end_sessions", meanwhile)
    assert browsers[0].call("DELETE", URL).status == 204
    assert [status(browser) for browser in (*browsers, *met)] == [200, 401, 401, 401]


@pytest.mark.parametrize(("method", "path"), [("GET", URL), ("DELETE", URL), ("DELETE", f"{URL}/{'0' * 32}")])
def test_a_token_neither_sees_nor_ends_them(studio, method, path):
    browser = studio.sign_in()
    answer = studio.call(method, path)
    assert answer.status == 403
    assert "Sign in" in answer.json["detail"]
    assert status(browser) == 200
