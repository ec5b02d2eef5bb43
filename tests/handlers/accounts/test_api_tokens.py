"""The caller's API tokens: created by a session, shown once, listed, used, expired and revoked."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts, daily_limits
from chalicelib.models import in_passing, sessions, tokens, users
from chalicelib.models.tokens import Token
from chalicelib.models.users import User
from chalicelib.schemas import api_token
from tests.support.aws.calls import Watch, counting, strictly, watching
from tests.support.existing import existing
from tests.support.http.requests import WRONG, corrupted
from tests.support.worlds.syncing import URL as SYNC

URL = "/api/user/me/tokens"
ME = "/api/user/me"
PASSWORD, NEW = "correct horse", "battery staple"
FIELDS = {"id", "name", "prefix", "created", "last_used", "expires", "current"}


@pytest.fixture
def user_id(studio):
    return accounts.create_user("someone@example.org", PASSWORD)[0]


@pytest.fixture
def browser(studio, user_id):
    return studio.sign_in(user_id)


def stored(user_id):
    return existing(users.get(user_id))


def create(browser, **body):
    return browser.call("POST", URL, {"name": "My laptop", **body})


def revoke(browser, token_id):
    return browser.call("DELETE", f"{URL}/{token_id}")


def days(number):
    return (datetime.now(UTC) + timedelta(days=number)).date().isoformat()


def expire(token):
    Token(digest(token)).update([Token.expires.set(int(datetime.now(UTC).timestamp()))])


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
        found = stored(user_id)
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
        user, key = stored(user_id), "e" * 64
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


class TestUse:
    def test_is_recorded_by_day(self, studio, browser):
        made = create(browser).json
        studio.get(ME, made["token"])
        row = next(row for row in browser.call("GET", URL).json if row["id"] == made["id"])
        assert row["last_used"] == days(0)

    def test_takes_one_write_a_day(self, studio, browser):
        token = create(browser).json["token"]
        with counting(studio) as watch:
            for _ in range(3):
                studio.get(ME, token)
        assert watch.names.count("UpdateItem") == 1
        Token(digest(token)).update([Token.used.set(days(-1))])
        with counting(studio) as watch:
            for _ in range(3):
                studio.get(ME, token)
        assert watch.names.count("UpdateItem") == 1
        assert existing(tokens.get(digest(token))).used == days(0)

    @pytest.mark.parametrize("answer_lost", [False, True])
    def test_never_fails_a_request(self, studio, browser, answer_lost):
        token = create(browser).json["token"]
        with watching(Watch(failing=1, answer_lost=answer_lost)) as watch:
            assert studio.get(ME, token).status == 200
        assert watch.hit == "UpdateItem"

    def test_is_not_tried_again_at_once_after_a_failure(self, studio, browser):
        token = create(browser).json["token"]
        with watching(Watch(failing=1)):
            studio.get(ME, token)
        with counting(studio) as watch:
            studio.get(ME, token)
        assert "UpdateItem" not in watch.names
        in_passing.try_again()
        studio.get(ME, token)
        assert existing(tokens.get(digest(token))).used == days(0)

    def test_does_not_revive_a_revoked_token(self, studio, browser, monkeypatch):
        made = create(browser).json
        found = existing(tokens.get(digest(made["token"])))
        revoke(browser, made["id"])
        tokens.record_use(found)
        assert tokens.get(found.key) is None

    def test_of_a_session_never_fails_a_request(self, studio, browser):
        key = next(item["key"]["S"] for item in studio.cloud.items("sessions"))
        found = existing(sessions.get(key))
        found.update([sessions.Session.idle_ends.set(found.idle_ends - 2 * sessions.KEEP_EVERY)])
        with watching(Watch(failing=1)) as watch:
            assert browser.call("GET", ME).status == 200
        assert watch.hit == "UpdateItem"


class TestRevoke:
    def test_ends_a_token_at_once_everywhere(self, studio, browser):
        made = create(browser).json
        upload = {"size": 5, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        sent = [("GET", ME, None), ("POST", SYNC, {}), ("POST", "/api/file/upload_url", upload)]
        sent += [("POST", "/api/internal/authenticate_user_internal", None), ("GET", "/api/channel?edit=true", None)]
        assert [studio.call(*one, made["token"]).status for one in sent] == [200] * 5
        assert revoke(browser, made["id"]).status == 204
        assert [studio.call(*one, made["token"]).status for one in sent] == [401] * 5
        assert made["id"] not in [row["id"] for row in browser.call("GET", URL).json]

    def test_of_one_token_leaves_the_others(self, studio, browser):
        first, second = create(browser).json, create(browser).json
        revoke(browser, first["id"])
        assert studio.get(ME, second["token"]).status == 200

    def test_twice_is_not_found(self, browser):
        made = create(browser).json
        assert [revoke(browser, made["id"]).status for _ in range(2)] == [204, 404]

    @pytest.mark.parametrize("token_id", ["0" * 32, "bad", "%00", "a" * 500])
    def test_of_an_unknown_token_is_not_found(self, browser, token_id):
        assert revoke(browser, token_id).status == 404

    def test_of_another_users_token_is_not_found(self, studio, browser):
        other = tokens.id_of(digest(studio.token))
        assert revoke(browser, other).status == 404
        assert studio.get(ME).status == 200

    def test_by_a_token_is_for_itself_only(self, studio, browser):
        first, second = create(browser).json, create(browser).json
        for token_id in (second["id"], "0" * 32, tokens.id_of(digest(studio.token))):
            answer = studio.call("DELETE", f"{URL}/{token_id}", None, first["token"])
            assert answer.status == 403
            assert "A token can revoke only itself. Sign in" in answer.json["detail"]
        assert studio.call("DELETE", f"{URL}/{first['id']}", None, first["token"]).status == 204
        assert studio.get(ME, first["token"]).status == 401
        assert studio.get(ME, second["token"]).status == 200

    def test_needs_the_csrf_token(self, studio, browser):
        made = create(browser).json
        assert browser.call("DELETE", f"{URL}/{made['id']}", csrf=False).status == 403
        assert studio.get(ME, made["token"]).status == 200

    def test_meets_a_change_of_the_user(self, browser, user_id, monkeypatch):
        made = create(browser).json
        original = users.revoke_tokens
        met: list[bool] = []

        def meanwhile(user, keys):
            if not met:
                met.append(users.change_profile(stored(user_id), [], {"first_name": "Ada"}))
            return original(user, keys)

        monkeypatch.setattr(users, "revoke_tokens", meanwhile)
        assert revoke(browser, made["id"]).status == 204
        assert met == [True]

    def test_meets_another_one(self, browser, user_id, monkeypatch):
        """Of two that run at the same time, one finds nothing to revoke."""
        made = create(browser).json
        original = users.revoke_tokens
        met: list[bool] = []

        def meanwhile(user, keys):
            if not met:
                met.append(original(stored(user_id), keys))
            return original(user, keys)

        monkeypatch.setattr(users, "revoke_tokens", meanwhile)
        assert revoke(browser, made["id"]).status == 404
        assert met == [True]


class TestRaces:
    """What happens between the reads of a request that creates a token and its write."""

    @pytest.fixture
    def meanwhile(self, monkeypatch):
        original = users.add_token

        def run(action):
            left = [action]

            def add(*arguments):
                while left:
                    left.pop()()
                return original(*arguments)

            monkeypatch.setattr(users, "add_token", add)

        return run

    def test_a_changed_password_ends_the_session_first(self, studio, browser, user_id, meanwhile):
        meanwhile(lambda: accounts.set_password("someone@example.org", NEW))
        assert create(browser).status == 401
        assert len(stored(user_id).token_keys) == 1
        assert len(studio.cloud.items("tokens")) == 2

    def test_a_session_that_ended_before_the_user_was_read_creates_nothing(self, studio, browser, user_id, meanwhile):
        key = next(item["key"]["S"] for item in studio.cloud.items("sessions"))
        meanwhile(lambda: sessions.Session(key).delete())
        assert create(browser).status == 401
        assert len(stored(user_id).token_keys) == 1

    def test_a_changed_name_is_in_the_token(self, studio, browser, user_id, meanwhile):
        meanwhile(lambda: users.change_profile(stored(user_id), [], {"first_name": "Ada"}))
        answer = create(browser)
        assert answer.status == 201
        assert existing(tokens.get(digest(answer.json["token"]))).first_name == "Ada"

    def test_a_deactivated_user_gets_none(self, studio, browser, user_id, meanwhile):
        meanwhile(lambda: users.change_profile(stored(user_id), [], {"is_active": False}))
        assert create(browser).status == 401
        assert stored(user_id).token_keys is None
