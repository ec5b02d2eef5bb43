"""The caller's API tokens: created by a session, shown once, listed, used, expired and revoked."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts, daily_limits
from chalicelib.models import users
from chalicelib.models.tokens import Token
from chalicelib.models.users import User
from chalicelib.schemas import api_token
from tests.support.aws.calls import counting, strictly
from tests.support.http.requests import WRONG, corrupted
from tests.support.worlds.tokens import TOKENS as URL
from tests.support.worlds.tokens import create, days, expire, owner, revoke

ME = "/api/user/me"
PASSWORD, NEW = "correct horse", "battery staple"
FIELDS = {"id", "name", "prefix", "created", "last_used", "expires", "current"}


@pytest.fixture
def user_id(studio):
    return accounts.create_user("someone@example.org", PASSWORD)[0]


@pytest.fixture
def browser(studio, user_id):
    return studio.sign_in(user_id)


class TestCreate:
    def test_shows_the_token_once_and_stores_its_hash(self, studio, browser):
        answer = create(browser)
        assert answer.status == 201
        assert answer.headers["Cache-Control"] == "no-store"
        made = answer.json
        assert set(made) == {*FIELDS, "token"}
        assert (made["name"], made["prefix"], made["last_used"], made["expires"]) == (
            "My laptop",
            made["token"][:4],
            None,
            None,
        )
        assert studio.get(ME, made["token"]).json["email"] == "someone@example.org"
        for table in ("tokens", "users", "sessions", "counters"):
            assert made["token"] not in str(studio.cloud.items(table))
        assert made["token"] not in browser.call("GET", URL).text

    def test_needs_a_session(self, studio, browser):
        token = create(browser).json["token"]
        answer = studio.post(URL, {"name": "another"}, token)
        assert answer.status == 403
        assert "A token cannot create another one. Sign in" in answer.json["detail"]
        assert "/settings/tokens/" in answer.json["detail"]
        assert len(browser.call("GET", URL).json) == 2

    def test_needs_the_csrf_token(self, browser):
        assert browser.call("POST", URL, {"name": "t"}, csrf=False).status == 403

    @pytest.mark.parametrize("name", ["", " ", "\n\t", "\0", None, 5, "a" * 101, ["a"]])
    def test_needs_a_name(self, browser, name):
        answer = create(browser, name=name)
        assert answer.status == 400
        assert set(answer.json) == {"name"}

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [("  My \n\t laptop ", "My laptop"), ("a\u202eb", "a b"), ("a" * 100, "a" * 100), ("<b>ü</b>", "<b>ü</b>")],
    )
    def test_keeps_names_on_one_line(self, browser, sent, kept):
        assert create(browser, name=sent).json["name"] == kept

    def test_is_refused_beyond_the_maximum(self, browser, monkeypatch):
        monkeypatch.setattr(accounts, "MAX_TOKENS", 2)
        assert create(browser).status == 201
        answer = create(browser)
        assert answer.status == 403
        assert "maximum of 2 API tokens. Revoke one" in answer.json["detail"]

    def test_is_limited_per_day(self, browser, monkeypatch):
        monkeypatch.setattr(daily_limits, "allowed", lambda _: 2)
        assert [create(browser).status for _ in range(2)] == [201, 429]

    def test_takes_few_calls(self, browser):
        with counting(browser.studio) as watch:
            assert create(browser).status == 201
        assert watch.names == ["GetItem", "GetItem", "BatchGetItem", "UpdateItem", "TransactWriteItems"]

    @pytest.mark.parametrize("body", [b"{", b"[]", b"5", b"", b"null", b"[" * 100_000])
    def test_refuses_what_is_no_object(self, browser, body):
        assert browser.call("POST", URL, body).status == 400

    def test_never_fails(self, browser, monkeypatch):
        monkeypatch.setattr(daily_limits, "allowed", lambda _: 0)
        body = {"name": "t", "expires": days(3)}
        with strictly(browser.studio):
            for where, bad in corrupted(body, WRONG):
                assert 400 <= browser.call("POST", URL, bad).status < 500, where

    def test_names_unknown_fields(self, browser):
        assert list(create(browser, colour="red").json) == ["colour"]


class TestExpiry:
    @pytest.mark.parametrize("value", [None, ""])
    def test_may_be_never(self, browser, value):
        assert create(browser, expires=value).json["expires"] is None

    def test_is_the_end_of_a_day(self, browser):
        assert create(browser, expires=days(3)).json["expires"] == f"{days(4)}T00:00:00Z"
        assert create(browser, expires=days(0)).json["expires"] == f"{days(1)}T00:00:00Z"

    def test_may_be_a_time_of_any_zone(self, browser):
        assert create(browser, expires=f"{days(3)}T12:00:00+02:00").json["expires"] == f"{days(3)}T10:00:00Z"

    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            ("2020-01-31", "This time is over"),
            ("2020-01-31T00:00:00Z", "This time is over"),
            ("0001-01-01T00:00:00+14:00", "2027-01-31"),
            ("9999-12-31", "2027-01-31"),
            ("9998-12-31", "at most"),
            ("2999-01-01T00:00:00Z", "at most"),
            ("2027-02-30", "2027-01-31"),
            ("tomorrow", "2027-01-31"),
            ("2999-01-01T00:00:00", "2027-01-31"),  # no zone
            (5, "2027-01-31"),
            (True, "2027-01-31"),
            ([days(3)], "2027-01-31"),
        ],
    )
    def test_is_a_bounded_time_in_the_future(self, browser, value, problem):
        answer = create(browser, expires=value)
        assert answer.status == 400
        assert problem in answer.json["expires"][0]

    def test_is_at_most_five_years_away(self, browser):
        assert create(browser, expires=days(api_token.MAX_DAYS - 2)).status == 201
        assert create(browser, expires=days(api_token.MAX_DAYS + 1)).status == 400

    def test_ends_the_token(self, studio, browser):
        token = create(browser, expires=days(3)).json["token"]
        assert studio.get(ME, token).status == 200
        expire(token)
        answer = studio.get(ME, token)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Token")
        assert "This API token has expired. Create another one" in answer.json["detail"]

    def test_is_checked_without_another_read(self, studio, browser):
        token = create(browser, expires=days(3)).json["token"]
        expire(token)
        with counting(studio) as watch:
            assert studio.get(ME, token).status == 401
        assert watch.names == ["GetItem"]

    def test_shows_in_the_list_until_another_token_is_created(self, browser, monkeypatch):
        monkeypatch.setattr(accounts, "MAX_TOKENS", 2)
        old = create(browser, name="old", expires=days(3)).json["token"]
        expire(old)
        assert "old" in [token["name"] for token in browser.call("GET", URL).json]
        assert create(browser, name="new").status == 201
        assert {token["name"] for token in browser.call("GET", URL).json} == {"new", accounts.BY_OPERATOR}
        assert digest(old) not in str(browser.studio.cloud.items("tokens"))

    def test_does_not_hinder_a_change_of_the_profile(self, browser, user_id):
        expire(create(browser, expires=days(3)).json["token"])
        found = owner(user_id)
        assert users.change_profile(found, [], {"first_name": "Ada"})


class TestList:
    def test_shows_the_newest_first(self, studio, browser):
        made = [create(browser, name=name).json for name in "ab"]
        rows = browser.call("GET", URL).json
        assert [row["name"] for row in rows] == ["b", "a", accounts.BY_OPERATOR]
        assert all(set(row) == FIELDS for row in rows)
        assert [row["id"] for row in rows[:2]] == [made[1]["id"], made[0]["id"]]
        assert not any(row["current"] for row in rows)

    def test_shows_tokens_of_earlier_versions(self, studio, browser, user_id):
        user, key = owner(user_id), "e" * 64
        Token(key, user_id=user_id, created=datetime(2025, 1, 2, tzinfo=UTC), **users.profile_of(user)).save()
        Token(key).update([Token.name.remove(), Token.prefix.remove()])
        User(user_id).update([User.token_keys.add({key})])
        row = browser.call("GET", URL).json[-1]
        assert row == {
            "id": "e" * 32,
            "name": "",
            "prefix": "",
            "created": "2025-01-02T00:00:00Z",
            "last_used": None,
            "expires": None,
            "current": False,
        }
        assert revoke(browser, row["id"]).status == 204

    def test_shows_a_token_itself_only(self, studio, browser):
        made = create(browser).json
        (row,) = studio.get(URL, made["token"]).json
        assert (row["id"], row["current"]) == (made["id"], True)

    def test_takes_two_reads(self, browser):
        for _ in range(3):
            create(browser)
        with counting(browser.studio) as watch:
            assert browser.call("GET", URL).status == 200
        assert watch.names == ["GetItem", "GetItem", "BatchGetItem"]
