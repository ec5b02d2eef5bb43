"""Administrators end the sessions and revoke the API tokens of a user."""

import pytest

from chalicelib.identity import accounts
from chalicelib.models import users
from chalicelib.operations.administration import credentials
from tests.support.existing import existing
from tests.support.source.routes import NOTHING

URL = "/api/admin-users"


@pytest.fixture
def admin(studio):
    """Return (user ID, token)."""
    return studio.sign_up("admin", is_admin=True)


@pytest.fixture
def audited(monkeypatch):
    """The events, as (name, subject)."""
    events = []
    monkeypatch.setattr(credentials, "audit", lambda event, subject, **_: events.append((event, subject)))
    return events


def end(studio, admin, user_id, what):
    return studio.call("DELETE", f"{URL}/{user_id}/{what}", None, admin[1])


class TestSessions:
    def test_all_end_and_tokens_stay(self, studio, admin, audited):
        user_id, token = studio.sign_up("other")
        browsers = [studio.sign_in(user_id) for _ in range(2)]
        mine = studio.sign_in(admin[0])
        for _ in range(2):  # idempotent, and audited once
            assert end(studio, admin, user_id, "sessions").status == 204
        assert {browser.call("GET", "/api/user/me").status for browser in browsers} == {401}
        assert studio.get("/api/user/me", token).status == 200
        assert mine.call("GET", "/api/user/me").status == 200
        assert audited == [("sessions_ended", user_id)]

    def test_are_tried_again_after_a_lost_race(self, studio, admin, monkeypatch):
        user_id, _ = studio.sign_up("other")
        browser, end_sessions = studio.sign_in(user_id), users.end_sessions

        def meanwhile(person, keys):
            monkeypatch.setattr(users, "end_sessions", end_sessions)
            accounts.issue_token(existing(users.get(user_id)))
            return end_sessions(person, keys)

        monkeypatch.setattr(users, "end_sessions", meanwhile)
        assert end(studio, admin, user_id, "sessions").status == 204
        assert browser.call("GET", "/api/user/me").status == 401

    def test_of_a_user_who_changes_constantly_are_a_conflict(self, studio, admin, monkeypatch):
        user_id, _ = studio.sign_up("other")
        studio.sign_in(user_id)
        monkeypatch.setattr(users, "end_sessions", lambda *_: False)
        assert end(studio, admin, user_id, "sessions").status == 409


class TestTokens:
    def test_all_are_revoked_and_sessions_stay(self, studio, admin, audited):
        user_id, first = studio.sign_up("other")
        second = accounts.issue_token(existing(users.get(user_id)))
        browser = studio.sign_in(user_id)
        for _ in range(2):
            assert end(studio, admin, user_id, "tokens").status == 204
        assert {studio.get("/api/user/me", token).status for token in (first, second)} == {401}
        assert browser.call("GET", "/api/user/me").status == 200
        assert audited == [("tokens_revoked", user_id)]

    def test_of_a_user_who_changes_constantly_are_a_conflict(self, studio, admin, monkeypatch):
        user_id, _ = studio.sign_up("other")
        monkeypatch.setattr(users, "revoke_tokens", lambda *_: False)
        assert end(studio, admin, user_id, "tokens").status == 409


@pytest.mark.parametrize("what", ["sessions", "tokens"])
@pytest.mark.parametrize("user_id", [NOTHING, "bad", "%00"])
def test_need_a_user(studio, admin, what, user_id):
    assert end(studio, admin, user_id, what).status == 404


def test_the_user_shows_how_many_there_are(studio, admin):
    user_id, _ = studio.sign_up("other")
    studio.sign_in(user_id)
    row = studio.get(f"{URL}/{user_id}", admin[1]).json
    assert (row["session_count"], row["token_count"], row["disk_space_used"]) == (1, 1, 0)
